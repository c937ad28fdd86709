"""The rule builder in a real JupyterLab before a real browser: one server and one page for all tests of a file."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import find_connection_file
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from tests.browser.lab import running_browser, running_lab

PATIENCE = 300_000  # milliseconds; a busy machine is no failure
NOTEBOOK = "10_build_a_segment.ipynb"

#: Lets a test change what goes to the kernel: `tamper` gets the text of a rule's message and gives another.
_TAMPERING = """
const send = WebSocket.prototype.send;
window.sentRules = [];
window.sockets = [];
WebSocket.prototype.send = function (data) {
  if (!(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) return send.call(this, data);
  const isBuffer = data instanceof ArrayBuffer;
  const bytes = isBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Number(view.getBigUint64(0, true));
  const offsets = Array.from({ length: count }, (_, n) => Number(view.getBigUint64(8 * (n + 1), true)));
  const content = new TextDecoder().decode(bytes.subarray(offsets[4], offsets[5]));
  if (!content.includes('"do":"rule"')) return send.call(this, data);
  const message = JSON.parse(content);
  window.sentRules.push(message.data.content.document);
  if (!window.tamper) return send.call(this, data);
  window.tamper(message.data.content);
  const changed = new TextEncoder().encode(JSON.stringify(message));
  const made = new Uint8Array(offsets[4] + changed.length);
  made.set(bytes.subarray(0, offsets[4]));
  made.set(changed, offsets[4]);
  const last = BigInt(offsets[4] + changed.length);
  for (let n = 5; n < count; n += 1) new DataView(made.buffer).setBigUint64(8 * (n + 1), last, true);
  return send.call(this, made);
};
// `isCut` lets no new connection be made.
window.WebSocket = class extends WebSocket {
  constructor(address, protocols) {
    super(window.isCut ? String(address).replace(/:\\d+\\//, ":9/") : address, protocols);
    window.sockets.push(this);
  }
};
"""
_KERNEL = """
({ address, notebook }) => fetch(address).then((answer) => answer.json())
  .then((sessions) => sessions.find((each) => each.path.endsWith(notebook))?.kernel.id)
"""
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def _kernel_of(page: Page, address: str, notebook: str) -> BlockingKernelClient:
    """A client of a notebook's kernel, beside the page; waits until it has one."""
    server, token = re.match(r"(http://[^/]+)/.*token=(\w+)", address).groups()  # type: ignore[union-attr]
    asked = {"address": f"{server}/api/sessions?token={token}", "notebook": notebook}
    kernel = page.wait_for_function(_KERNEL, arg=asked).json_value()
    client = BlockingKernelClient(connection_file=find_connection_file(kernel))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE / 1000)
    return client


class Bench:
    """The page with the notebook, and the builder that its cell shows."""

    kernel: BlockingKernelClient
    frames_to_open: int
    seconds: float

    def __init__(self, page: Page, notebook: str = NOTEBOOK) -> None:
        self.page = page
        self.notebook = notebook
        self.hosts: set[str | None] = set()
        self.frames = 0
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page.on("websocket", self._count)
        page.add_init_script(_TAMPERING)

    def _count(self, socket: WebSocket) -> None:
        self.hosts.add(urlsplit(socket.url).hostname)

        def frame(_data: object) -> None:
            self.frames += 1

        socket.on("framereceived", frame)
        socket.on("framesent", frame)

    # --- the notebook ------------------------------------------------------------------------------------------------

    def open(self, address: str, code: str) -> None:
        """Opens the notebook and runs its cell of the builder with `builder = build(shop, CODE)`."""
        page = self.page
        page.goto(address.replace("00_start_here.ipynb", self.notebook))
        expect(page.get_by_role("heading", name="Build a segment")).to_be_visible()
        expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")
        self.kernel = _kernel_of(page, address, self.notebook)
        self.begin()
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)  # what is restored late takes the focus
        page.get_by_text("builder = build(shop").first.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(f"builder = build(shop, {code}); builder")
        self.frames, begun = 0, time.monotonic()
        page.keyboard.press("Shift+Enter")
        expect(self.panel).to_be_visible()
        self.seconds = time.monotonic() - begun
        self.settled()
        self.frames_to_open = self.frames
        files = page.get_by_role("tab", name="File Browser")
        if files.get_attribute("aria-selected") == "true":  # JupyterLab opens it, or not
            files.click()

    def begin(self) -> None:
        """What a kernel needs before it can run the builder's cell."""
        self.run(
            "import pathlib, segkit, segkit.definitions.documents as documents; from segkit.workbench import build"
        )
        self.run("shop = segkit.open().app('smart-home'); shop.estimate(segkit.everybody())")

    def run(self, code: str) -> str:
        """Runs code in the notebook's kernel, as another client of it; what it prints."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        answer = self.kernel.execute_interactive(code, output_hook=hear, timeout=PATIENCE / 1000)
        assert answer["content"]["status"] == "ok", answer["content"]
        return "".join(printed).strip()

    def build(self, code: str = "None") -> Locator:
        """Shows another rule, document or segment in the builder; the builder once it counted."""
        self.page.keyboard.press("Escape")
        sent = self.page.evaluate("window.sentRules.length")
        self.run(f"builder.edit({code})")
        self.page.wait_for_function("sent => window.sentRules.length > sent", arg=sent)
        self.settled()
        return self.panel

    # --- the builder -------------------------------------------------------------------------------------------------

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("region", name="Rule builder").first

    def settled(self) -> None:
        """Waits until the numbers are those of the last edit."""
        expect(self.panel.locator(".numbers")).to_have_attribute("data-state", "fresh")

    def violations(self) -> list[str]:
        """What axe finds within the builder in light and in dark, by WCAG 2.2 A and AA."""
        found = []
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
            options = {"runOnly": _LEVELS, "resultTypes": ["violations"], "preload": False}
            failed = Axe().run(self.page, context=".segkit-builder", options=options).response["violations"]
            found += [f"{scheme}, {each['id']}: {node['html'][:200]}" for each in failed for node in each["nodes"]]
        self.page.emulate_media(color_scheme="light")
        return found

    def button(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.panel).get_by_role("button", name=name, exact=True)

    def add(self, search: str, *then: str, group: Locator | None = None) -> None:
        """Adds what a search finds first to a group, the outermost by default; `then` are later searches."""
        buttons = (group or self.panel).get_by_role("button", name="Add a condition", exact=True)
        buttons.last.click()
        for text in (search, *then):
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")

    def row(self, text: str) -> Locator:
        """The condition that speaks of something."""
        return self.panel.locator(".row", has=self.page.locator(".subject", has_text=text)).last

    def kernel_rule(self) -> Any:
        """The rule that Python holds, as plain data."""
        self.settled()
        return json.loads(self.run("print(documents.to_json(documents.rule_data(builder.rule)))"))

    def sent_rule(self) -> Any:
        """The rule that the page sent last."""
        return json.loads(self.page.evaluate("window.sentRules.at(-1)"))["rule"]

    def shown_counts(self) -> list[str]:
        """The total and every count on the screen, from the top down."""
        self.settled()
        return [self.panel.locator(".total").inner_text(), *self.panel.locator(".count .of").all_inner_texts()]


@contextmanager
def running_bench(workspace: Path, chromium: str, opened: str) -> Iterator[Bench]:
    """JupyterLab on the workspace with the notebook open and a builder of `opened` in it."""
    expect.set_options(timeout=PATIENCE)
    with (
        running_lab(workspace) as address,
        running_browser(chromium) as browser,
        opened_bench(browser, address, opened) as bench,
    ):
        yield bench


@contextmanager
def opened_bench(browser: Browser, address: str, opened: str, notebook: str = NOTEBOOK) -> Iterator[Bench]:
    """A page of its own with a notebook and a builder of `opened` in it."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(PATIENCE)
    bench = Bench(page, notebook)
    bench.open(address, opened)
    yield bench
    bench.kernel.stop_channels()
    assert bench.hosts <= {"127.0.0.1", None, ""}
