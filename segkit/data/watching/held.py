"""What held the last load of an app, kept beside its data until a load goes through: `<data folder>/held.json`."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter

from segkit.data.watching.drift import Drift, Drifted
from segkit.files.atomic import write_text

FILE = "held.json"
_DRIFTS = TypeAdapter(tuple[Drift, ...])


def remember_held(folder: Path, drifted: Drifted) -> None:
    """Keeps what held a load."""
    text = json.dumps([drift.to_dict() for drift in drifted.drifts], ensure_ascii=False, indent=1)
    write_text(folder / FILE, text + "\n")


def forget_held(folder: Path) -> None:
    """Nothing holds the app any more."""
    (folder / FILE).unlink(missing_ok=True)


def what_held(folder: Path) -> tuple[Drift, ...]:
    """What held the last load; nothing if it went through, or if the record cannot be read."""
    try:
        return _DRIFTS.validate_json((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return ()
