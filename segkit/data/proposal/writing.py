"""Writing a proposal into a workspace: beside the apps that are there, and over nothing that a person changed."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from segkit.data.frames import add_frame
from segkit.data.proposal.first import first_text
from segkit.data.proposal.model import Proposal
from segkit.data.proposal.texts import HEAD, events_text, labels_text, settings_text
from segkit.data.settings import FILE, Settings, read_settings
from segkit.definitions.strict_yaml import validated
from segkit.definitions.vocabulary import read_vocabulary
from segkit.errors import SegkitError
from segkit.files.atomic import write_text

_APP_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Written:
    """What was written, and what was put aside."""

    files: tuple[Path, ...]
    first: Path
    backups: tuple[Path, ...] = ()


def write(proposal: Proposal, folder: Path, *, force: bool = False) -> Written:
    """Writes segkit.toml (or the app's part of it), the vocabulary and a first segment.

    Raises SegkitError, and writes nothing, while a question is open; and if the app or one of the files is there
    already, unless `force`, which keeps what was there under another name.
    """
    require_writable(proposal, folder, force=force)
    vocabulary = folder / "vocabulary" / proposal.app
    first = folder / "definitions" / proposal.app / "first_segment.yaml"
    texts = {
        vocabulary / "labels.yaml": labels_text(proposal),
        vocabulary / "events.yaml": events_text(proposal),
        first: first_text(proposal),
    }
    settings = folder / FILE
    old = settings.read_text(encoding="utf-8") if settings.exists() else None
    joined = _joined(HEAD if old is None else _without(old, proposal.app), settings_text(proposal))
    app = validated(Settings, tomllib.loads(joined), str(settings)).app(proposal.app)
    backups = [_put_aside(path) for path in (settings, *texts) if force and path.exists()]
    for table in proposal.tables:
        if table.seen.given.table is not None:
            add_frame(folder, app, table.role, table.seen.given.table)
    for path, text in texts.items():
        write_text(path, text)
    # Last, because its presence makes the folder a workspace, and the app a part of it.
    write_text(settings, joined)
    read_vocabulary(vocabulary)
    return Written((settings, *texts), first, tuple(backups))


def require_writable(proposal: Proposal, folder: Path, *, force: bool = False) -> None:
    """Raises SegkitError if `write` would."""
    if proposal.open:
        raise SegkitError("not written: " + " ".join(proposal.open))
    if not _APP_NAME.fullmatch(proposal.app):
        raise SegkitError(f"app '{proposal.app}': expected small letters, digits, - and _, at most 64; name it (--app)")
    if not proposal.tables:
        raise SegkitError("not written: no source was named; give --users, --events, or both")
    _require_places(proposal.app, folder, force=force)


def _require_places(app: str, folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise SegkitError(f"{folder}: a file, not a folder; name another place for the workspace")
    there = read_settings(folder).apps if (folder / FILE).exists() else {}
    if app in there and not force:
        raise SegkitError(
            f"{folder / FILE}: has the app '{app}' already, and what stands there may have been changed by hand. Give "
            "another name with --app, or --force, which keeps the old files under another name."
        )
    taken = [path for path in _documents(folder, app) if path.exists()]
    if taken and not force:
        raise SegkitError(
            f"{taken[0]}: is there already, and may have been changed by hand. Move it away, give another name with "
            "--app, or --force, which keeps the old files under another name."
        )


def _documents(folder: Path, app: str) -> list[Path]:
    vocabulary = folder / "vocabulary" / app
    return [vocabulary / "labels.yaml", vocabulary / "events.yaml", folder / "definitions" / app / "first_segment.yaml"]


def _put_aside(path: Path) -> Path:
    """A copy of a file beside it, under a name that is free."""
    for number in count(1):
        backup = path.with_name(f"{path.name}.before-{number}")
        if not backup.exists():
            write_text(backup, path.read_text(encoding="utf-8"))
            return backup
    raise AssertionError("unreachable")


def _joined(before: str, part: str) -> str:
    return before.rstrip("\n") + "\n" + part


def _without(text: str, app: str) -> str:
    """segkit.toml without the tables of one app; the rest as its owner wrote it."""
    kept: list[str] = []
    is_inside = False
    for line in text.splitlines(keepends=True):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)
        if header:
            is_inside = bool(re.match(rf'apps\s*\.\s*["\']?{re.escape(app)}["\']?(\s*\.|$)', header[1]))
            if is_inside:
                while kept and kept[-1].startswith(f"# ── {app} "):
                    kept.pop()
        if not is_inside:
            kept.append(line)
    return "".join(kept)
