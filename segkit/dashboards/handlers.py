"""What the dashboards' server answers: pages, the messages of their panels, and its own few static files.

Of Voila's and Jupyter's other addresses (files, contents, kernels, sessions, terminals) there is none here.
"""

from __future__ import annotations

import asyncio
import html
import itertools
import json
import struct
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado import web
from tornado.httputil import url_concat

from segkit.dashboards.identity import visitor_of
from segkit.dashboards.pages import FIRST, PAGES
from segkit.dashboards.passes import write_pass
from segkit.errors import SegkitError

_POLICY = (
    "default-src 'none'; script-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LONGEST_QUERY, _LONGEST_ID, _MOST_BUFFERS = 2_000, 100, 16
#: Messages of one connection: so many at once, and so many a second for long.
_AT_ONCE, _A_SECOND = 1_000, 100
#: What a page's panels say to their models, and hear of them; nothing else of the kernel's protocol passes.
_METHODS = ("custom", "request_state")
_HEARD = ("comm_msg", "status")


class _Ours(JupyterHandler):
    """Headers of every answer, and errors that say nothing of the server."""

    kernel_manager: Any

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def set_cors_headers(self) -> None:
        """No other site reads what is here."""

    async def prepare(self) -> None:  # type: ignore[override]
        ready: Any = super().prepare(_redirect_to_login=False)
        await ensure_async(ready)

    def write_error(self, status_code: int, **_given: Any) -> None:
        words = {403: "Open this page with the address that `segkit dashboards` printed, which has its token."}
        text = words.get(status_code) or getattr(self, "reason_told", "") or f"{HTTPStatus(status_code).phrase}."
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{status_code}</title><body>"
            f"<main><h1>{status_code}</h1><p>{html.escape(text)}</p></main>"
        )


class FirstHandler(_Ours):
    """`/`: to the first page."""

    @web.authenticated
    def get(self) -> None:
        self.redirect(url_concat(FIRST, _without_token(self)))


class PageHandler(_Ours):
    """A page, made by a kernel that waits for it, or by a new one where none does."""

    @web.authenticated
    async def get(self, name: str) -> None:
        if "token" in self.request.query_arguments:  # it is in the cookie by now, and is not sent on with a link
            self.redirect(url_concat(self.request.path, _without_token(self)))
            return
        if name not in PAGES or len(self.request.query) > _LONGEST_QUERY:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        assert self.xsrf_token  # which sets its cookie
        try:
            async for snippet in self._snippets(name):
                self.write(snippet)
                await self.flush()
        except SegkitError as error:
            self.reason_told = str(error)
            raise web.HTTPError(503) from None

    async def _snippets(self, name: str) -> AsyncIterator[str]:
        kernels, user = self.kernel_manager, self.current_user
        task, head, kernel_id = await self._waiting_kernel(f"{name}.ipynb")
        ticket = write_pass(self.settings["segkit_secret"], visitor_of(user))
        await kernels.hand_over(kernel_id, user.username, {"pass": ticket, "query": self.request.query})
        sent = list(head)
        yield "".join(sent)
        rendered, rest = await task
        yield "".join(rendered[len(sent) :])
        async for snippet, _resources in rest:
            yield snippet

    async def _waiting_kernel(self, notebook: str) -> tuple[Any, list[str], str]:
        """A kernel that waits for its visitor: the task that makes its page, what is made of it, and its id."""
        kernels = self.kernel_manager
        if kernels.get_pool_size(notebook):
            try:
                task, head, kernel_id = await kernels.get_rendered_notebook(notebook_name=notebook)
                return task, head, kernel_id
            except Exception as error:  # it could not be started, or has ended
                self.log.warning("a kernel that was made ahead failed: %s", type(error).__name__)
                kernels.fill_if_needed(notebook_name=notebook)
        begun = await kernels._initialize(notebook, None)
        return begun["task"], begun["renderer"].rendered_cache, begun["kernel_id"]


class ClosedHandler(_Ours):
    """A page that was left says so, and its kernel ends."""

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        if not self.kernel_manager.is_of(kernel_id, self.current_user.username):
            raise web.HTTPError(404)
        await self.kernel_manager.shutdown_kernel(kernel_id)
        self.set_status(204)


class ChannelHandler(KernelWebsocketHandler):
    """The messages between a page's panels and their models. The kernel is the visitor's own, and nobody else's."""

    kernel_manager: Any
    _budget, _asked_at = float(_AT_ONCE), 0.0

    async def pre_get(self) -> None:
        if not self.kernel_manager.is_of(self.kernel_id, self.current_user.username):
            raise web.HTTPError(404)
        await super().pre_get()

    def select_subprotocol(self, _offered: list[str]) -> None:
        """Messages are JSON, so that they can be looked at here."""
        return

    async def on_message(self, message: str | bytes) -> None:
        """Lets a panel's message through, made anew of its checked parts; ends the connection of who sends others.

        Who sends more than anybody types waits: the next is not read before this one is done with.
        """
        await self._wait_for_budget()
        try:
            content, buffers = _checked(message)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            self.log.warning("refused a message of a page: %s", type(error).__name__)
            self.close(1008, "refused")
            return
        if self.connection is not None and self.connection.channels:
            self.connection.session.send(self.connection.channels["shell"], "comm_msg", content, buffers=buffers)

    async def _wait_for_budget(self) -> None:
        now = time.monotonic()
        self._budget = min(float(_AT_ONCE), self._budget + (now - self._asked_at) * _A_SECOND) - 1
        self._asked_at = now
        if self._budget < 0:
            await asyncio.sleep(-self._budget / _A_SECOND)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Lets through what a model tells its panel, and that the kernel is gone."""
        told = _read(message) if isinstance(message, str | bytes) else message
        kind = told.get("msg_type") or told["header"]["msg_type"]
        if kind not in _HEARD or (kind == "status" and told["content"]["execution_state"] != "dead"):
            return None
        return super().write_message(message, binary)


class NowhereHandler(_Ours):
    """Every other address."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise web.HTTPError(404)


class StaticHandler(web.StaticFileHandler):
    """The files of the pages' look; there is nothing of the workspace among them."""

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in _HEADERS.items():
            self.set_header(name, value)


def _without_token(handler: JupyterHandler) -> list[tuple[str, str]]:
    names = handler.request.query_arguments
    return [(name, value) for name in names if name != "token" for value in handler.get_query_arguments(name)]


def _read(message: str | bytes) -> dict[str, Any]:
    text, buffers = _parts(message) if isinstance(message, bytes) else (message, [])
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("expected an object")
    return {**found, "buffers": buffers}


def _parts(message: bytes) -> tuple[str, list[bytes]]:
    """The text and the buffers of what Jupyter writes both into. Its own reader believes whatever number comes first,
    and makes room for two thousand million parts."""
    count = int.from_bytes(message[:4], "big")
    if not 0 < count <= _MOST_BUFFERS + 1 or len(message) < 4 * (count + 1):
        raise ValueError("expected a few parts")
    starts = [*struct.unpack(f"!{count}I", message[4 : 4 * (count + 1)]), len(message)]
    if starts != sorted(starts) or starts[0] < 4 * (count + 1):
        raise ValueError("expected parts one after the other")
    text, *buffers = (message[start:end] for start, end in itertools.pairwise(starts))
    return text.decode(), buffers


def _checked(message: str | bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What a panel says, and its bytes. Raises ValueError and its like for whatever else was sent."""
    sent = _read(message)
    comm, data = sent["content"]["comm_id"], sent["content"]["data"]
    method, said = data["method"], data.get("content")
    if sent["header"]["msg_type"] != "comm_msg" or method not in _METHODS:
        raise ValueError("only panels speak here")
    if not isinstance(comm, str) or len(comm) > _LONGEST_ID:
        raise ValueError("expected the id of a panel")
    if method == "custom" and not isinstance(said, dict):
        raise ValueError("expected an object")
    told = {"method": method} if said is None else {"method": method, "content": said}
    return {"comm_id": comm, "data": told}, sent["buffers"]
