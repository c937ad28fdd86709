"""The dashboards' server: Voila by itself, with addresses, kernels, identity and template of ours.

It listens on this machine only, reads no configuration but what it is given, and never opens the workspace.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import LargeFileManager
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets import Bool, Bytes, Instance, List, Unicode
from traitlets.config import Config
from voila.app import Voila
from voila.configuration import VoilaConfiguration

from segkit.dashboards.handlers import (
    ChannelHandler,
    ClosedHandler,
    FirstHandler,
    NowhereHandler,
    PageHandler,
    StaticHandler,
)
from segkit.dashboards.identity import Identity
from segkit.dashboards.kernels import PageKernels, PageSpecs
from segkit.dashboards.pages import PAGES

WEB = Path(__file__).parent / "web"
ADDRESS = "127.0.0.1"
#: Bytes: files come in pieces of a megabyte.
_LONGEST_MESSAGE, _LONGEST_BODY = 2 << 20, 64 << 10
#: Seconds after which a kernel that no page is connected to is ended.
_FORGOTTEN = 120
_KERNEL_ID = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


class PageFiles(LargeFileManager):
    """Reads the notebooks of pages, which came with the package."""

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Nobody has signed them; their outputs are made by the kernel, each time."""


class Dashboards(Voila):
    """Serves the pages; what it needs is given to it, and `begin` starts it inside a running loop."""

    runtime = Instance(Path)
    socket = Instance(Path)
    secret = Bytes()
    is_confined = Bool(True)
    hosts = List(Unicode())
    proxy_secret = Unicode()
    user_header = Unicode("X-Forwarded-User")

    def begin(self, notebooks: Path) -> None:
        """Listens, and starts kernels ahead."""
        self.update_config(_configuration(self.proxy_secret, self.user_header))
        self.root_dir = str(notebooks)
        self.connection_dir_root = str(self.runtime)
        self.identity_provider_class = Identity
        self.voila_configuration = VoilaConfiguration(parent=self)
        self.template_paths = [str(WEB)]
        self.static_paths = [str(WEB / "static")]
        self.start()

    def init_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = super().init_settings()
        self.contents_manager = PageFiles(parent=self)
        self.kernel_manager.allowed_message_types = ["comm_msg"]
        return {
            **settings,
            "segkit_secret": self.secret,
            "default_handler_class": NowhereHandler,
            "allow_remote_access": False,  # a name that is not one of ours is another site's
            "local_hostnames": ["localhost", *self.hosts],
            "websocket_max_message_size": _LONGEST_MESSAGE,
            "xsrf_cookie_kwargs": {"samesite": "Strict"},
        }

    def init_handlers(self) -> list[Any]:
        """Every address there is."""
        pages = "|".join(PAGES)
        return [
            (rf"{self.base_url}", FirstHandler),
            (rf"{self.base_url}({pages})", PageHandler),
            (rf"{self.base_url}api/kernels/{_KERNEL_ID}/channels", ChannelHandler),
            (rf"{self.base_url}closed/{_KERNEL_ID}", ClosedHandler),
            (rf"{self.base_url}static/(.*)", StaticHandler, {"path": str(WEB / "static")}),
        ]

    def listen(self) -> None:
        """Listens on this machine; `port` is the one that was free, where none was asked for."""
        sockets = bind_sockets(self.port, ADDRESS)
        self.port: int = sockets[0].getsockname()[1]
        server = HTTPServer(self.app, max_body_size=_LONGEST_BODY, max_header_size=16 << 10)
        server.add_sockets(sockets)

    async def end(self) -> None:
        """Ends every kernel."""
        await self.kernel_manager.shutdown_all(now=True)


def _configuration(proxy_secret: str, user_header: str) -> Config:
    return Config(
        VoilaConfiguration={
            "template": "segkit", "allow_template_override": "NO", "allow_theme_override": "NO",
            "preheat_kernel": True, "default_pool_size": 1, "show_tracebacks": False,
            "kernel_spec_manager_class": PageSpecs, "multi_kernel_manager_class": PageKernels,
        },
        PageKernels={
            "cull_idle_timeout": _FORGOTTEN, "cull_interval": 30, "cull_connected": False, "cull_busy": False,
            "buffer_offline_messages": False,
        },
        KernelRestarter={"restart_limit": 0},  # a page whose kernel is gone says so
        Identity={"proxy_secret": proxy_secret, "user_header": user_header, "cookie_options": {"samesite": "Lax"}},
    )  # fmt: skip
