"""The kernels of pages: each with a folder and an environment of its own, and a pipe that tells it its visitor, once.

A kernel belongs to whoever it was handed to; nobody else is let near it, and before that nobody at all.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from segkit.dashboards.page_kernel import OWN_FOLDER, UNCONFINED
from segkit.dashboards.showing import SOCKET, VISITOR
from segkit.errors import Busy

#: Of all visitors, and of one: older ones of theirs make way.
MOST, MOST_OF_ONE = 40, 8
_NAME = "python3"
#: What a kernel inherits; the rest of the server's environment is none of its business.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


class PageSpecs(KernelSpecManager):
    """The one kind of kernel that there is, whatever is installed."""

    def get_all_specs(self) -> dict[str, Any]:
        spec = self.get_kernel_spec(_NAME)
        return {_NAME: {"resource_dir": "", "spec": spec.to_dict()}}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name != _NAME:
            raise NoSuchKernel(kernel_name)
        # -P: the kernel's folder, in which it can write, is not one that Python imports from.
        argv = [sys.executable, "-P", "-m", "segkit.dashboards.page_kernel", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, language="python", display_name="A page of the dashboards")


@dataclass
class _Own:
    """What belongs to one kernel: its folder, the server's end of its pipe, and who it was handed to."""

    folder: Path
    pipe: int
    owner: str = ""

    def tell(self, words: dict[str, str]) -> None:
        os.write(self.pipe, json.dumps(words).encode() + b"\n")

    def remove(self) -> None:
        os.close(self.pipe)
        shutil.rmtree(self.folder, ignore_errors=True)


class PageKernels(AsyncMappingKernelManager):
    """Starts and ends the kernels of pages. `parent` has the server's `runtime` folder, `socket` and `is_confined`."""

    parent: Any

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._own: dict[str, _Own] = {}

    async def start_kernel(  # type: ignore[override]
        self, *, kernel_id: str | None = None, path: str | None = None, **given: Any
    ) -> str:
        """Starts a kernel that waits for its visitor. Raises Busy where as many as may be are looked at."""
        if len(self._own) >= MOST:
            await self._make_room()
        kernel_id = str(uuid.uuid4())
        own = self._own[kernel_id] = _own(self.parent.runtime / "kernels" / kernel_id)
        given |= {"env": self._environment(own.folder), "cwd": str(own.folder)}
        try:
            return str(await super().start_kernel(kernel_id=kernel_id, **given))
        except BaseException:
            self._let_go(kernel_id)
            raise

    async def hand_over(self, kernel_id: str, owner: str, words: dict[str, str]) -> None:
        """Gives a kernel to a visitor, and says so to it."""
        theirs = [each for each, own in self._own.items() if own.owner == owner]
        for each in theirs[: max(0, len(theirs) - MOST_OF_ONE + 1)]:
            await self.shutdown_kernel(each)
        own = self._own[kernel_id]
        own.owner = owner
        own.tell(words)

    async def _make_room(self) -> None:
        """Ends the oldest page that nobody is connected to: who asks for many and looks at none keeps nobody out."""
        for each, own in self._own.items():
            if own.owner and not self._kernel_connections.get(each):
                await self.shutdown_kernel(each)
                return
        raise Busy(f"{MOST} pages are open, as many as these dashboards serve; come back when one is closed")

    def is_of(self, kernel_id: str, owner: str) -> bool:
        """Whether a kernel was handed to this visitor."""
        own = self._own.get(kernel_id)
        return own is not None and own.owner == owner != "" and kernel_id in self

    async def shutdown_kernel(  # type: ignore[override]
        self, kernel_id: str, now: bool = False, restart: bool = False
    ) -> None:
        """Ends a kernel, at once: it holds nothing."""
        if kernel_id in self._own:
            self._own[kernel_id].owner = ""  # nobody connects to it from now on
        try:
            with suppress(KeyError):
                await super().shutdown_kernel(kernel_id, now=True, restart=restart)
        finally:
            self._let_go(kernel_id)

    def _let_go(self, kernel_id: str) -> None:
        own = self._own.pop(kernel_id, None)
        if own is not None:
            own.remove()

    def _environment(self, folder: Path) -> dict[str, str]:
        server = self.parent
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            OWN_FOLDER: str(folder), SOCKET: str(server.socket), UNCONFINED: "" if server.is_confined else "1",
            "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1",
        }  # fmt: skip


def _own(folder: Path) -> _Own:
    folder.mkdir(parents=True, mode=0o700)
    os.mkfifo(folder / VISITOR, 0o600)
    # Both ends, so that it opens at once, and what is written waits there for the kernel.
    return _Own(folder, os.open(folder / VISITOR, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
