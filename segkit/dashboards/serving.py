"""`segkit dashboards`: starts the evaluator and the server, and ends both, with every kernel, when it is told to."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.dashboards.confining import OF_CONNECTIONS, landlock_version
from segkit.dashboards.evaluating import READY
from segkit.dashboards.page_kernel import readable_paths
from segkit.errors import NotFound, SegkitError
from segkit.files.processes import lives, started

if TYPE_CHECKING:
    from segkit.dashboards.server import Dashboards

#: In the environment: what a proxy shows to be believed whom it names.
PROXY_SECRET = "SEGKIT_PROXY_SECRET"
_SHORTEST_SECRET = 16
_RUNTIME = "segkit-dashboards-"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Serving:
    """What is to be served, and how."""

    workspace: Path
    port: int
    say: Callable[[str], None]
    browser: bool = False
    token: bool = True
    unconfined: bool = False
    hosts: Sequence[str] = ()
    user_header: str = "X-Forwarded-User"
    proxy_secret: str = field(default="", repr=False)


def dashboards_folder() -> Path:
    """The folder of the pages' notebooks: inside the installed package, or beside it in a checkout."""
    for folder in (_PACKAGE / "dashboards" / "notebooks", _PACKAGE.parent / "dashboards"):
        if (folder / "overview.ipynb").is_file():
            return folder
    raise NotFound(f"no dashboards with the package in {_PACKAGE}; install segkit again")


def proxy_secret() -> str:
    """The secret that a proxy shows, taken out of the environment, so that no other process inherits it."""
    found = os.environ.pop(PROXY_SECRET, "")
    if found and len(found) < _SHORTEST_SECRET:
        raise SegkitError(f"{PROXY_SECRET}: found {len(found)} characters; expected at least {_SHORTEST_SECRET}")
    return found


def confinement_words() -> str:
    """How pages' kernels are confined on this machine, in words; empty where they cannot be."""
    version = landlock_version()
    if not version:
        return ""
    return f"Landlock (ABI {version}{'' if version >= OF_CONNECTIONS else '; files only: connections take Linux 6.7'})"


def serve(serving: Serving) -> None:
    """Serves until SIGINT or SIGTERM. Raises SegkitError where pages cannot be confined, unless told."""
    confined = not serving.unconfined
    if confined and not confinement_words():
        raise SegkitError(
            "pages cannot be kept from reading the workspace here: this machine's kernel has no Landlock (Linux 5.13 "
            "and later have it). Start with --unconfined only where every visitor may see everything"
        )
    if confined:
        _require_out_of_reach(serving.workspace)
    notebooks = dashboards_folder()
    _sweep()
    runtime = Path(tempfile.mkdtemp(prefix=f"{_RUNTIME}{os.getpid()}-{started(os.getpid()) or 0}-"))
    try:
        asyncio.run(_serve(serving, notebooks, runtime, confined))
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


def _sweep() -> None:
    """Takes away what servers left behind that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_RUNTIME}*-*-*"):
        process, begun, *_ = folder.name.removeprefix(_RUNTIME).split("-")
        if process.isdigit() and begun.isdigit() and not lives(int(process), int(begun)):
            shutil.rmtree(folder, ignore_errors=True)


def _require_out_of_reach(workspace: Path) -> None:
    """Raises SegkitError for a workspace in a folder that every kernel reads, such as Python's own."""
    for path in readable_paths():
        if workspace.resolve().is_relative_to(path.resolve()):
            raise SegkitError(
                f"{workspace} lies in {path}, which pages' kernels can read, for Python is there. Move the workspace "
                "elsewhere, or start with --unconfined where every visitor may see everything"
            )


async def _serve(serving: Serving, notebooks: Path, runtime: Path, confined: bool) -> None:
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, asked_to_end.set)
    evaluator = EvaluatorProcess(serving.workspace, runtime / "evaluator.sock")
    evaluator.start()  # it gets ready while the server is imported
    try:
        server = _server(serving, runtime, evaluator, confined)
        server.begin(notebooks)
        await asyncio.to_thread(evaluator.wait_until_ready)
        address = f"http://127.0.0.1:{server.port}/" + (f"?token={server.token}" if server.token else "")
        serving.say(f"Dashboards of {serving.workspace}: {address}")
        serving.say(f"Kernels of pages: {'confined by ' + confinement_words() if confined else 'NOT CONFINED'}")
        if serving.browser:
            webbrowser.open(address)
        watching = asyncio.create_task(_watch(evaluator, serving.say))
        await asked_to_end.wait()
        watching.cancel()
        await server.end()
    finally:
        evaluator.end()


def _server(serving: Serving, runtime: Path, evaluator: EvaluatorProcess, confined: bool) -> Dashboards:
    from segkit.dashboards.server import Dashboards

    with_token = serving.token and not serving.proxy_secret
    return Dashboards(
        runtime=runtime, socket=evaluator.socket, secret=evaluator.secret, is_confined=confined,
        port=serving.port, token=secrets.token_urlsafe(24) if with_token else "", log_level=30, open_browser=False,
        hosts=list(serving.hosts), proxy_secret=serving.proxy_secret, user_header=serving.user_header,
    )  # fmt: skip


class EvaluatorProcess:
    """The evaluator as a process beside the server. It ends with the server, whatever befalls that."""

    def __init__(self, workspace: Path, socket: Path) -> None:
        self.workspace = workspace
        self.socket = socket
        self.secret = secrets.token_bytes(32)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Starts it, or another one after it has ended."""
        command = [sys.executable, "-P", "-m", "segkit.dashboards.evaluating"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        told = {"folder": str(self.workspace), "socket": str(self.socket), "secret": self.secret.hex()}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    def wait_until_ready(self) -> None:
        """Returns once it answers. Raises SegkitError where it ended instead."""
        assert self._process is not None
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != READY:
            raise SegkitError("the evaluator of the dashboards ended before it was ready; what it said stands above")

    @property
    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def end(self) -> None:
        """Ends it, and returns once it is gone."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()


async def _watch(evaluator: EvaluatorProcess, say: Callable[[str], None]) -> None:
    """Starts another evaluator where one ended; pages that were open say that they are to be loaded again."""
    while True:
        await asyncio.sleep(1)
        if evaluator.has_ended:
            say("The evaluator ended; another one is started.")
            evaluator.start()
            await asyncio.to_thread(evaluator.wait_until_ready)
