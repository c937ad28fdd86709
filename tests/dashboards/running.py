"""A real `segkit dashboards` before a small workspace, and a client of it that keeps all that it hears."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

import segkit
from segkit import label
from segkit.dashboards.confining import landlock_version
from tests.small_workspace import SmallWorkspace

SECRET = "the proxy's and the server's own"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/(?:\?token=(\S+))?")
PATIENCE = 120  # seconds; a busy machine is no failure
PLANTED = [f"planted{number:02}@example.com" for number in range(50)]


def planted_workspace(folder: Path) -> Path:
    """A shop of 50 people whose addresses are looked for; ada is its admin, rita a reader."""
    made = SmallWorkspace(folder)
    made.settings = '[roles]\nadmin = ["ada"]\nreader = ["rita"]'
    for number, email in enumerate(PLANTED):
        country = "DE" if number % 2 else "AT"
        made.user(f"person-{number:02}", country=country, email=email, marketing_consent=True, device_count=number)
        made.event(f"person-{number:02}", "app_used", at="2024-11-01 10:00")
    made.write()
    workspace = segkit.open(folder, actor="ada")
    workspace.load()
    app = workspace.app()
    app.save_rule("Germans", label("country") == "DE")
    app.save_rule("One person", label("email") == PLANTED[7])
    app.refresh()
    workspace.close()
    return folder


@contextmanager
def running(workspace: Path, *options: str) -> Iterator[Running]:
    """The server as a process of its own, as long as the block runs; it and all its processes end then."""
    command = [sys.executable, "-m", "segkit.cli", "dashboards", "-w", str(workspace), "--port", "0", "--no-browser"]
    command += [] if landlock_version() else ["--unconfined"]
    environment = {**os.environ, "SEGKIT_PROXY_SECRET": "" if "--token" in options else SECRET}
    process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    lines: list[str] = []
    try:
        for line in process.stderr:
            lines.append(line)
            if found := _ADDRESS.search(line):
                break
        else:
            raise AssertionError("the dashboards did not start:\n" + "".join(lines))
        # Its log is read on, so that the pipe never fills.
        threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True).start()
        yield Running(int(found[1]), found[2] or "", process, lines)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@dataclass
class Running:
    """A server that runs. `log` is what it has said so far."""

    port: int
    token: str
    process: subprocess.Popen[str]
    log: list[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def children(self) -> list[int]:
        """Every process that the server has started and that is still there."""
        return list(_children(self.process.pid))

    def evaluator(self) -> int:
        """The evaluator's process."""
        words = {each: Path(f"/proc/{each}/cmdline").read_text() for each in self.children()}
        return next(each for each, said in words.items() if "segkit.dashboards.evaluating" in said)

    def kernels(self) -> dict[str, int]:
        """The process of each page's kernel, by the kernel's id."""
        found = {}
        for process in self.children():
            if (folder := _own_folder(process)) is not None:
                found[folder.name] = process
        return found

    def folder(self) -> Path:
        """Where the server keeps what is only there while it runs."""
        return next(folder.parents[1] for each in self.children() if (folder := _own_folder(each)) is not None)


def _own_folder(process: int) -> Path | None:
    """A kernel's own folder; None of another process, and of one that has ended meanwhile."""
    with suppress(OSError):
        for each in Path(f"/proc/{process}/environ").read_text().split("\0"):
            if each.startswith("SEGKIT_PAGE_FOLDER="):
                return Path(each.partition("=")[2])
    return None


def _children(parent: int) -> Iterator[int]:
    """The processes that one has started and that are still there."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((place / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(place.name)


def proxied(name: str) -> dict[str, str]:
    """The headers that a proxy sends which vouches for somebody."""
    return {"X-Segkit-Secret": SECRET, "X-Forwarded-User": name}


@dataclass
class Client:
    """Somebody with a browser's cookies and a free hand. `heard` is all that came, of pages and of messages."""

    server: Running
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)

    def ask(
        self, path: str, method: str = "GET", body: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Sends a request exactly as it stands; follows nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        connection.putrequest(method, path, skip_host="Host" in (headers or {}))
        for name, value in {**self._sent(), **(headers or {})}.items():
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Type", "application/x-www-form-urlencoded")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() or None)
        answer = connection.getresponse()
        text = answer.read()
        for each in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.heard += [str(answer.headers).encode(), text]
        connection.close()
        return answer.status, dict(answer.headers), text

    def page(self, address: str) -> Page:
        """Opens a page."""
        status, _headers, body = self.ask(f"/{address}")
        assert status == 200, body
        text = body.decode()
        kernel = re.search(r'id="kernel">\{"id": "([\w-]+)"\}', text)
        assert kernel, text
        outputs = re.findall(r'<script type="application/json" class="output">(.*?)</script>', text)
        return Page(self, kernel[1], [json.loads(each)["data"] for each in outputs])

    def channel(self, kernel: str, **headers: str) -> AbstractContextManager[ClientConnection]:
        """A connection to a kernel while a block runs. Raises InvalidStatus where it is refused."""
        address = f"ws://127.0.0.1:{self.server.port}/api/kernels/{kernel}/channels?session_id=test"
        sent = {**self._sent(), **headers}
        return connect(address, additional_headers=sent, max_size=None, open_timeout=PATIENCE)

    def refused(self, kernel: str, **headers: str) -> int:
        """The status with which a connection to a kernel is refused; 0 where it is not."""
        try:
            with self.channel(kernel, **headers):
                return 0
        except InvalidStatus as error:
            return error.response.status_code

    def _sent(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**self.headers, **({"Cookie": cookies} if cookies else {})}


@dataclass
class Page:
    """An open page: its kernel, and what its cell showed."""

    client: Client
    kernel: str
    outputs: list[dict[str, Any]]

    @property
    def panels(self) -> list[str]:
        """The ids of its panels; the header's comes first."""
        key = "application/vnd.jupyter.widget-view+json"
        return [each[key]["model_id"] for each in self.outputs if key in each]

    @property
    def words(self) -> list[str]:
        """What stands there instead of a panel."""
        return [each["text/plain"] for each in self.outputs if len(each) == 1]

    def states(self) -> list[dict[str, Any]]:
        """What each panel's view begins with."""
        with self.client.channel(self.kernel) as channel:
            return [self.state(channel, panel) for panel in self.panels]

    def state(self, channel: ClientConnection, panel: str) -> dict[str, Any]:
        channel.send(message("comm_msg", {"comm_id": panel, "data": {"method": "request_state"}}))
        told = self.told(channel, panel, "update")
        return dict(told["state"]["opening"])

    def asked(self, channel: ClientConnection, panel: str, **said: Any) -> dict[str, Any]:
        """What a panel's model answers."""
        said = {"ask": "1", **said}
        channel.send(message("comm_msg", {"comm_id": panel, "data": {"method": "custom", "content": said}}))
        while True:
            told = dict(self.told(channel, panel, "custom")["content"])
            if told.get("kind") == "answer" and told.get("ask") == said["ask"]:
                return told

    def told(self, channel: ClientConnection, panel: str, method: str) -> dict[str, Any]:
        """The next that a model says in this way."""
        while True:
            found = read(channel.recv(timeout=PATIENCE), self.client.heard)
            content = found["content"]
            if content.get("comm_id") == panel and content["data"].get("method") == method:
                return dict(content["data"])


def message(kind: str, content: Mapping[str, Any], channel: str = "shell") -> str:
    """A message as a browser sends it to a kernel."""
    header = {"msg_id": "1", "msg_type": kind, "session": "test", "username": "", "version": "5.4", "date": ""}
    sent = {"header": header, "parent_header": {}, "metadata": {}, "content": dict(content)}
    return json.dumps({**sent, "channel": channel, "buffers": []})


def read(told: str | bytes, heard: list[bytes]) -> dict[str, Any]:
    """A message of a kernel, kept among what was heard."""
    raw = told.encode() if isinstance(told, str) else told
    heard.append(raw)
    if isinstance(told, bytes):
        start, end = int.from_bytes(told[4:8], "big"), int.from_bytes(told[8:12], "big")
        raw = told[start : end if int.from_bytes(told[:4], "big") > 1 else None]
    return dict(json.loads(raw))
