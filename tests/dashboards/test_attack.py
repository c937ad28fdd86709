"""A hostile visitor, who speaks to the server as no browser does: nothing is executed, nothing planted is told, every
forged value is refused, and the server still serves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from segkit.dashboards.pages import PAGES
from tests.dashboards.running import PATIENCE, PLANTED, Client, Page, Running, message, proxied

#: Everything that was told to clients without a role, over the whole file.
_HEARD: list[bytes] = []
REFUSED = 1008
CODE = "open({!r}, 'w').write('executed')"
HOSTILE: list[Any] = [
    "'; DROP TABLE users; --", "../../segkit.toml", "\x00☠", "x" * 20_000, 10**30, None, ["email"] * 200,
    {"label": "email", "op": "contains", "value": "planted"},
]  # fmt: skip


@pytest.fixture
def mallory(server: Running) -> Client:
    return Client(server, heard=_HEARD)


@pytest.fixture
def page(mallory: Client) -> Page:
    return mallory.page("overview")


def served(server: Running) -> None:
    """Somebody else still gets the numbers."""
    with (other := Client(server).page("overview")).client.channel(other.kernel) as channel:
        rows = other.asked(channel, other.panels[1], do="list")["rows"]
    assert {row["name"]: row["count"] for row in rows if row["kind"] == "custom"} == {"Germans": 25, "One person": None}


def ended(channel: ClientConnection) -> int:
    """The code with which the server ends a connection."""
    try:
        while True:
            channel.recv(timeout=PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


# --- the kernel's protocol -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["shell", "control", "stdin", "iopub"])
def test_no_request_to_the_kernel_itself_passes(page: Page, tmp_path: Path, channel: str) -> None:
    mark = tmp_path / "executed"
    code = CODE.format(str(mark))
    requests: list[tuple[str, dict[str, Any]]] = [
        ("execute_request", {"code": code, "silent": False, "user_expressions": {"a": code}}),
        ("inspect_request", {"code": "open", "cursor_pos": 4, "detail_level": 1}),
        ("complete_request", {"code": "import o", "cursor_pos": 8}),
        ("is_complete_request", {"code": code}),
        ("history_request", {"hist_access_type": "tail", "n": 9, "raw": True, "output": True}),
        ("comm_info_request", {}), ("kernel_info_request", {}), ("usage_request", {}),
        ("debug_request", {"command": "evaluate", "arguments": {"expression": code}}),
        ("create_subshell_request", {}), ("input_reply", {"value": code}),
        ("shutdown_request", {"restart": True}), ("interrupt_request", {}),
        ("comm_open", {"comm_id": "x", "target_name": "jupyter.widget", "data": {"state": {}}}),
        ("comm_open", {"comm_id": "x", "target_name": "jupyter.widget.control", "data": {}}),
        ("comm_close", {"comm_id": page.panels[0], "data": {}}),
    ]  # fmt: skip
    for kind, content in requests:
        with page.client.channel(page.kernel) as connection:
            connection.send(message(kind, content, channel))
            assert ended(connection) == REFUSED, kind
    assert not mark.exists()
    assert page.states()[0]["roles"] == ["viewer"]


METHODS: list[Any] = ["update", "echo_update", "set", "backbone", "request_states", "", None, ["custom"], {}]


def test_no_state_of_a_widget_can_be_set(page: Page) -> None:
    before = page.states()
    layout = {"_esm": "alert(1)", "_css": "*{}", "opening": {"roles": ["admin"]}, "layout": None, "tooltip": "x"}
    for panel in page.panels:
        for method in METHODS:
            with page.client.channel(page.kernel) as connection:
                data = {"method": method, "state": layout, "content": {}, "buffer_paths": []}
                connection.send(message("comm_msg", {"comm_id": panel, "data": data}))
                assert ended(connection) == REFUSED, method
    assert page.states() == before


def test_what_is_no_message_ends_the_connection_and_nothing_else(page: Page) -> None:
    fits = json.loads(message("comm_msg", {"comm_id": page.panels[0], "data": {"method": "custom", "content": {}}}))
    frames: list[str | bytes] = [
        "", "null", "[]", "7", "{", "[" * 100_000, '{"header": null}', b"", b"\x00", b"\xff" * 64,
        b"\x7f\xff\xff\xff" + b"\x00" * 64, b"\x00\x00\x00\x01\xff\xff\xff\xff", b"\x00\x00\x00\x11" + b"\xff" * 68,
        b"\x00\x00\x00\x02\x00\x00\x00\x0e\x00\x00\x00\x0c{}", b"\x00\x00\x00\x01\x00\x00\x00\x00{}",
        "\ud800".encode("utf-8", "surrogatepass"),
        json.dumps({**fits, "content": {"comm_id": ["a"], "data": {"method": "custom", "content": {}}}}),
        json.dumps({**fits, "content": {"comm_id": "a" * 101, "data": {"method": "custom", "content": {}}}}),
        json.dumps({**fits, "content": {"comm_id": page.panels[0], "data": {"method": "custom", "content": [1]}}}),
        json.dumps({**fits, "header": {**fits["header"], "msg_type": ["comm_msg"]}}),
    ]  # fmt: skip
    for frame in frames:
        with page.client.channel(page.kernel) as connection:
            connection.send(frame)
            assert ended(connection) == REFUSED, frame[:60]
    assert page.states()[0]["roles"] == ["viewer"]


def test_a_message_of_ten_megabytes_ends_the_connection(page: Page, server: Running) -> None:
    with page.client.channel(page.kernel) as connection:
        said = {"do": "list", "search": "x" * 10_000_000}
        with suppress(ConnectionClosed):
            connection.send(
                message("comm_msg", {"comm_id": page.panels[1], "data": {"method": "custom", "content": said}})
            )
        assert ended(connection) in (0, 1009)
    served(server)


# --- panels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(PAGES))
def test_hostile_values_are_refused_in_every_question_of_every_panel(
    mallory: Client, server: Running, name: str
) -> None:
    page = mallory.page(name)
    keys = ("id", "search", "sort", "offset", "name", "what", "date", "app", "as_of", "label", "to", "columns", "where")
    with mallory.channel(page.kernel) as channel:
        for panel in page.panels:
            for do in sorted({*QUESTIONS, "__class__", "close", "_open"}):
                for value in HOSTILE:
                    said = {"do": do, "ask": None, **dict.fromkeys(keys, value)}
                    content = {"comm_id": panel, "data": {"method": "custom", "content": said}}
                    channel.send(message("comm_msg", content))
            if panel == page.panels[0]:
                assert page.asked(channel, panel, do="now")["as_of"] == page.state(channel, panel)["as_of"]
    served(server)


#: What the models of all panels answer; of a panel that has no such answer nothing comes.
QUESTIONS = (
    "list", "open", "shut", "trend", "update", "history", "lineage", "revert", "duplicate", "archive", "unarchive",
    "delete", "undelete", "show", "hide", "within", "again", "night", "page", "accept", "now", "values", "person",
    "earlier", "why", "rows", "conditions", "overlap", "compose", "compare", "look", "lint", "versions", "offer",
    "keep", "let_go", "rule", "count", "opened", "stop", "save", "forms", "paste", "segments", "cancel",
)  # fmt: skip


def test_what_a_viewer_may_not_do_is_refused_whatever_the_buttons_say(page: Page, mallory: Client) -> None:
    with mallory.channel(page.kernel) as channel:
        panel = page.panels[1]
        rows = page.asked(channel, panel, do="list")["rows"]
        segment = next(row["id"] for row in rows if row["name"] == "Germans")
        for do, more in (("update", {}), ("duplicate", {"name": "Mine"}), ("archive", {}), ("delete", {}),
                         ("revert", {"to": 1}), ("unarchive", {}), ("undelete", {})):  # fmt: skip
            assert "takes the role" in page.asked(channel, panel, do=do, id=segment, **more)["refused"], do
        for what in ("members", "export", "import", "edit"):
            assert "expected one of" in page.asked(channel, panel, do="show", id=segment, what=what)["refused"]
    runs = mallory.page("runs")
    with mallory.channel(runs.kernel) as channel:
        asks = {"app": "shop", "what": "Germans", "as_of": "2024-11-07"}
        assert "takes the role" in runs.asked(channel, runs.panels[1], do="accept", **asks)["refused"]


def test_pages_of_people_open_no_panel_for_a_viewer(mallory: Client) -> None:
    for name in ("segment", "profiles"):
        page = mallory.page(name)
        assert len(page.panels) == 1
        assert "takes the role reader" in page.words[0]


# --- other visitors --------------------------------------------------------------------------------------------------


def test_another_visitors_kernel_is_not_reached(server: Running, mallory: Client) -> None:
    rita = Client(server, headers=proxied("rita"))
    hers = rita.page("profiles")
    mallory.page("overview")
    for client in (mallory, Client(server), Client(server, headers=proxied("ada"))):
        assert client.refused(hers.kernel) == 404
        xsrf = client.cookies.get("_xsrf", "x")
        status, _, _ = client.ask(f"/closed/{hers.kernel}", "POST", f"_xsrf={xsrf}")
        assert status in (403, 404)
    assert hers.states()[0]["who"] == "rita"


def test_a_kernel_that_waits_for_a_visitor_is_nobodys(server: Running, mallory: Client) -> None:
    served(server)
    mine = {mallory.page("overview").kernel}
    assert [mallory.refused(kernel) for kernel in server.kernels() if kernel not in mine] == [404] * (
        len(server.kernels()) - len(mine & set(server.kernels()))
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-User": "ada"},
        {"X-Forwarded-User": "ada", "X-Segkit-Secret": ""},
        {"X-Forwarded-User": "ada", "X-Segkit-Secret": "guessed"},
        {"X-Forwarded-User": "ada", "x-segkit-secret": proxied("")["X-Segkit-Secret"] + " "[:0] + "x"},
        {"X-Forwarded-User": "ada", "X-Segkit-Pass": "ada", "Authorization": "token ada"},
        {"X-Remote-User": "ada", "Remote-User": "ada", "X-Forwarded-Email": "ada", "Cookie": "username=ada"},
        {**proxied("ada\t"), "X-Segkit-Secret": "no"},
    ],
)
def test_a_forged_identity_is_a_viewer(server: Running, headers: dict[str, str]) -> None:
    forger = Client(server, headers=headers, heard=_HEARD)
    assert forger.page("runs?X-Forwarded-User=ada&pass=ada&role=admin").states()[0]["roles"] == ["viewer"]


def test_a_cookie_that_was_not_signed_here_is_nobodys(server: Running) -> None:
    name = f"username-127-0-0-1-{server.port}"
    forger = Client(server, cookies={name: "2|1:0|10:1795803961|1:a|8:eyJhIjox|0000"})
    assert forger.page("runs").states()[0]["roles"] == ["viewer"]


# --- addresses -------------------------------------------------------------------------------------------------------

CLIMBING = (
    "../segkit.toml", "..%2f..%2fsegkit.toml", "%2e%2e/%2e%2e/segkit.toml", "..%252f..%252fetc/passwd",
    "....//....//etc/passwd", "/etc/passwd", "%2fetc%2fpasswd", "..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd", "%00",
    "%c0%ae%c0%ae/etc/passwd", "../index.html.j2", "../../handlers.py", "../../../../../../../../etc/passwd",
    "page.js/../../../panels.py",
    ".", "",
)  # fmt: skip
ROUTES = (
    "/", "/static/", "/overview/", "/voila/static/", "/voila/templates/", "/voila/templates/lab/static/",
    "/voila/files/",
    "/voila/render/", "/voila/tree/", "/voila/labextensions/", "/voila/api/contents/", "/voila/api/themes/",
    "/voila/api/shutdown/", "/voila/query/", "/voila/execution/", "/api/contents/", "/files/", "/nbconvert/html/",
    "/tree/", "/lab/", "/view/", "/closed/", "/api/kernels/",
)  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_no_address_climbs_out(mallory: Client, route: str) -> None:
    for method in ("GET", "HEAD"):
        for path in CLIMBING:
            status, headers, body = mallory.ask(route + path, method)
            is_first = (method, route + path) == ("GET", "/")
            assert status == 302 if is_first else status >= 400, (method, route, path)
            assert b"root:" not in body
            assert b"[roles]" not in body
            assert "TornadoServer" not in str(headers)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_the_servers_other_interfaces_are_not_there(mallory: Client, page: Page, method: str) -> None:
    for path in (
        "/api", "/api/kernels", f"/api/kernels/{page.kernel}", f"/api/kernels/{page.kernel}/restart",
        f"/api/kernels/{page.kernel}/interrupt", "/api/kernelspecs", "/api/sessions", "/api/terminals", "/terminals/1",
        "/api/contents", "/api/contents/overview.ipynb", "/api/config/a", "/api/me", "/api/status", "/api/shutdown",
        "/api/nbconvert", "/api/events", "/login", "/logout", "/metrics", f"/voila/query/{page.kernel}",
        f"/voila/api/shutdown/{page.kernel}", "/voila/api/contents/", "/overview.ipynb", "/static",
    ):  # fmt: skip
        status, _, _ = mallory.ask(path, method, "" if method in ("GET", "OPTIONS", "TRACE") else "a=b")
        assert status in (404, 405, 501), (method, path)
    assert page.states()[0]["roles"] == ["viewer"]


def test_another_site_reaches_nothing(server: Running, mallory: Client, page: Page) -> None:
    assert mallory.refused(page.kernel, Origin="https://evil.example") == 403
    assert mallory.ask("/overview", headers={"Host": "evil.example"})[0] == 403
    status, headers, _ = mallory.ask("/overview", headers={"Origin": "https://evil.example"})
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert mallory.ask(f"/closed/{page.kernel}", "POST", "_xsrf=guessed")[0] == 403
    assert mallory.ask(f"/closed/{page.kernel}", "POST")[0] == 403
    assert page.states()[0]["roles"] == ["viewer"]
    served(server)


@pytest.fixture(scope="module")
def locked(planted: Path) -> Iterator[Running]:
    from tests.dashboards.running import running

    with running(planted, "--token") as made:
        yield made


def test_without_the_token_nothing_is_shown(locked: Running) -> None:
    for path in ("/", "/overview", "/runs?token=", "/overview?token=guessed", f"/overview?token={locked.token[:-1]}"):
        assert Client(locked).ask(path)[0] == 403
    known = Client(locked)
    status, headers, _ = known.ask(f"/overview?app=shop&token={locked.token}")
    assert (status, headers["Location"]) == (302, "/overview?app=shop")
    kernel = known.page("overview").kernel
    assert known.refused(kernel) == 0
    assert Client(locked).refused(kernel) == 403
    # No proxy was named to this server, so that none is believed.
    assert Client(locked, headers=proxied("ada")).ask("/overview")[0] == 403


# --- at the end ------------------------------------------------------------------------------------------------------


def test_many_pages_of_one_visitor_end_the_older_ones(server: Running, mallory: Client) -> None:
    mallory.page("runs")
    pages = [mallory.page("runs") for _ in range(12)]
    assert pages[-1].states()[0]["roles"] == ["viewer"]
    assert len({each.kernel for each in pages} & set(server.kernels())) <= 8
    served(server)


def test_nothing_planted_was_told_to_anybody_without_a_role(server: Running) -> None:
    assert sum(map(len, _HEARD)) > 1_000_000
    everything = b"\n".join(_HEARD)
    assert [each for each in PLANTED if each.encode() in everything] == []
    assert b"person-" not in everything
    assert [line for line in server.log if any(each in line for each in PLANTED)] == []
    served(server)
