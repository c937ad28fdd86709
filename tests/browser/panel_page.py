"""A panel's view in a real browser before its real model, with no JupyterLab between: messages cross as JSON and bytes.

What a notebook adds (layout, theme, keys, the kernel) is tested in a lab; everything else is tested here, at a tenth of
its cost.
"""

from __future__ import annotations

import base64
import json
import queue
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from segkit.workbench.panels.model import Buffers, Message, PanelModel

_WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # what passes need not be told
    "preload": False,  # neither sound nor film is there
}
_JUPYTER = """
:root { --jp-ui-font-color1: #1f1f1f; --jp-ui-font-color2: #616161; --jp-layout-color1: #fff; --jp-layout-color2: #eee;
  --jp-border-color2: #d5d5d5; --jp-brand-color1: #1976d2; }
[data-jp-theme-light="false"] { --jp-ui-font-color1: #fffffff2; --jp-ui-font-color2: #ffffffb3;
  --jp-layout-color1: #111; --jp-layout-color2: #2b2b2b; --jp-border-color2: #616161; --jp-brand-color1: #2196f3; }
body { margin: 8px; background: var(--jp-layout-color1); }
"""
_BRIDGE = """
async (source) => {
  const listeners = [];
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (each) => String.fromCharCode(each)).join(""));
  const model = {
    model_id: "panel", get: (key) => (key === "opening" ? window.opening : undefined),
    on: (event, fn) => listeners.push(fn), off: (event, fn) => listeners.splice(listeners.indexOf(fn), 1),
    send: (content, _callbacks, buffers) => window.toModel(JSON.stringify(content), (buffers ?? []).map(text)),
  };
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer);
  window.fromModel = (told) => {
    for (const [message, buffers] of told) for (const fn of [...listeners]) fn(message, buffers.map(bytes));
  };
  const made = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const el = document.querySelector("main");
  window.endPanel = made.default.render({ model, el });
  const pull = async () => {  // one at a time: a busy machine would never come to the end of what is asked on a clock
    window.fromModel(JSON.parse(await window.pull()));
    window.setTimeout(pull, 30);
  };
  pull();
}
"""


class PanelPage:
    """A page that shows one panel. `requests` are the addresses that it asked for."""

    def __init__(self, page: Page, model: PanelModel, script: str, style: str) -> None:
        self.page = page
        self.model = model
        self.requests: list[str] = []
        self.failures: list[str] = []
        self.sent: list[Message] = []
        self._told: queue.SimpleQueue[tuple[Message, list[str]]] = queue.SimpleQueue()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.expose_function("toModel", self._to_model)
        page.expose_function("pull", self._pull)
        page.set_content(
            f"<!doctype html><html lang=en><title>Panel</title><style>{_JUPYTER}{style}</style><main></main>"
        )
        model.tell = self._tell
        page.evaluate("opening => { window.opening = opening; }", json.loads(json.dumps(model.opening())))
        page.evaluate(_BRIDGE, script)

    def _to_model(self, text: str, buffers: list[str]) -> None:
        message = json.loads(text)
        self.sent.append(message)
        self.model.receive(message, [base64.b64decode(each) for each in buffers])

    def _tell(self, message: Message, buffers: Buffers = ()) -> None:
        self._told.put((message, [base64.b64encode(each).decode() for each in buffers]))

    def _pull(self) -> str:
        found = []
        while not self._told.empty():
            found.append(self._told.get())
        return json.dumps(found)

    @property
    def panel(self) -> Locator:
        return self.page.locator(".segkit-panel")

    def settled(self) -> None:
        """Waits until nothing is asked any more."""
        expect(self.panel).not_to_have_attribute("aria-busy", "true")

    def theme(self, name: str) -> None:
        """`light` or `dark`, as JupyterLab says it."""
        self.page.evaluate("name => document.body.setAttribute('data-jp-theme-light', String(name === 'light'))", name)

    def violations(self) -> list[Any]:
        """What axe finds against WCAG 2.2, A and AA, inside the panel."""
        found = Axe().run(self.page, context=".segkit-panel", options=_WCAG).response["violations"]
        return [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found]
