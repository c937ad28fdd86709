"""Files between a view and its model, a piece at a time: private while they are here, and gone when they are done with.

What is here belongs to this process; what a killed one left is swept by whoever reads a list next.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from segkit.api.lists.keeping import FOLDER, reading_folder
from segkit.errors import SegkitError
from segkit.exchange.lists.reading.limits import ReadingLimits, megabytes
from segkit.files.disk import PRIVATE_FILE, private_folder
from segkit.files.processes import started
from segkit.workbench.panels.model import Answer, Asked

PIECE = 1 << 20


def private_scratch(workspace: Path) -> TemporaryDirectory[str]:
    """A folder of this process's own (0700) inside the workspace, where no backup and no reader looks."""
    private_folder(workspace / FOLDER)
    prefix = f".reading-{os.getpid()}-{started(os.getpid()) or 0}-"
    return TemporaryDirectory(prefix=prefix, dir=private_folder(reading_folder(workspace)))


class Upload:
    """One file on its way in. Its own name is only shown: on the disk it has one of ours."""

    def __init__(self, workspace: Path, name: str, size: int, most: int | None = None) -> None:
        self.name = name
        self.size = size
        most = ReadingLimits().file if most is None else most
        if size > most:
            raise SegkitError(
                f"The file has {megabytes(size)}; a list may have {megabytes(most)}. Split it into several files."
            )
        if not size:
            raise SegkitError("The file is empty; expected headings such as email, mobile or uid, and rows.")
        self._folder = private_scratch(workspace)
        ending = Path(name).suffix.lower()
        self.path = Path(self._folder.name, f"list{ending if ending in ('.csv', '.xlsx') else '.csv'}")
        os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))

    @property
    def received(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    def take(self, at: int, piece: bytes) -> None:
        """Adds the next piece. Raises SegkitError for one that is not the next, or goes beyond the file's end."""
        have = self.received
        if at != have or not piece or have + len(piece) > self.size:
            raise SegkitError("A piece of the file is missing or came twice; choose the file again.")
        with self.path.open("ab") as stream:
            stream.write(piece)

    def discard(self) -> None:
        """Takes it off the disk."""
        self._folder.cleanup()


class Download:
    """One file on its way out, which `fetch` makes or finds when its first piece is asked for."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._what: object = None
        self._then: Callable[[], None] = lambda: None

    def piece(
        self,
        asked: Asked,
        what: object,
        name: str,
        fetch: Callable[[], tuple[Path, Callable[[], None]]],
        kind: str = "application/octet-stream",
    ) -> Answer:
        """The piece from `at` on. `fetch` gives the file, and what is to be done once its last piece has gone."""
        at = asked.number("at", most=1 << 50)
        if at == 0:
            self.close()
            self._path, self._then = fetch()
            self._what = what
        if self._path is None or self._what != what:
            raise SegkitError("The file was let go of meanwhile; save it again.")
        size = self._path.stat().st_size
        with self._path.open("rb") as stream:
            stream.seek(at)
            piece = stream.read(PIECE)
        if at + len(piece) >= size:
            self.close()
        return {"name": name, "size": size, "type": kind}, [piece]

    def close(self) -> None:
        """Lets go of the file."""
        then, self._then, self._path, self._what = self._then, lambda: None, None, None
        then()
