"""A real nginx before the dashboards, as the README has it: two people each see their own; nobody else is believed."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.dashboards.running import PATIENCE, SECRET, Client, Running

_CONF = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    location = /oauth2/auth {{ internal; proxy_pass http://127.0.0.1:{auth}; proxy_pass_request_body off; }}
    {block}
  }}
}}
"""


class _OAuth2(BaseHTTPRequestHandler):
    """What OAuth2 proxy answers to nginx: who somebody is by their cookie, or that nobody knows."""

    def do_GET(self) -> None:
        who = re.search(r"who=(\w+)", self.headers.get("Cookie", ""))
        self.send_response(202 if who else 401)
        self.send_header("X-Auth-Request-Email", who[1] if who else "")
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def proxied(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server as it is reached through nginx."""
    nginx = json.loads((ROOT / ".tools" / "env.json").read_text()).get("nginx")
    if nginx is None:
        pytest.skip("no nginx here; tests/setup.sh installs it")
    folder = tmp_path_factory.mktemp("nginx")
    auth = ThreadingHTTPServer(("127.0.0.1", 0), _OAuth2)
    threading.Thread(target=auth.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    block = block.replace('"…"', f'"{SECRET}"').replace("8866", str(server.port))
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(folder=folder, port=port, auth=auth.server_port, block=block))
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(conf)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process, folder)
        yield replace(server, port=port)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        auth.shutdown()


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, (folder / "error.log").read_text()


def test_two_people_with_two_roles_each_see_their_own(proxied: Running) -> None:
    origin = {"Origin": f"http://127.0.0.1:{proxied.port}"}
    pages = {}
    for name, roles, titles in (
        ("rita", ["reader"], ["Overview", "Segment", "Try a rule", "Profiles", "Runs"]),
        ("ada", ["admin"], ["Overview", "Segment", "Try a rule", "Profiles", "Runs"]),
        ("vera", ["viewer"], ["Overview", "Try a rule", "Runs"]),
    ):
        client = Client(proxied, headers=origin, cookies={"who": name})
        pages[name] = client.page("overview")
        header = pages[name].states()[0]
        assert (header["who"], header["roles"]) == (name, roles)
        assert [title for _, title in header["pages"]] == titles
    assert Client(proxied, cookies={"who": "vera"}).refused(pages["ada"].kernel) == 404


def test_names_and_secrets_that_a_visitor_sends_are_replaced(proxied: Running) -> None:
    forged = {"X-Forwarded-User": "ada", "X-Segkit-Secret": "guessed", "X-Auth-Request-Email": "ada"}
    header = Client(proxied, headers=forged, cookies={"who": "vera"}).page("overview").states()[0]
    assert (header["who"], header["roles"]) == ("vera", ["viewer"])


def test_whom_the_proxy_does_not_know_it_does_not_let_in(proxied: Running) -> None:
    assert Client(proxied).ask("/overview")[0] == 401


def test_without_the_proxys_secret_everybody_is_a_viewer(proxied: Running, server: Running) -> None:
    assert proxied.port != server.port
    header = Client(server, headers={"X-Forwarded-User": "ada"}).page("overview").states()[0]
    assert (header["who"], header["roles"]) == ("", ["viewer"])
