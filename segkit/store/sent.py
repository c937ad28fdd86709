"""Who was in an export, kept as bits beside the catalog: what the next one is compared with, never who they are.

A file is called by the hash of its content, so the same users are kept once. `<workspace>/sent/<app>/<sha256>.bits`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segkit.engine.bitmap import Bitmap
from segkit.errors import Damaged
from segkit.files.atomic import write_bytes
from segkit.store.bitmap_file import decode, encode

FOLDER = "sent"


def keep_sent(workspace: Path, app: str, users: Bitmap) -> dict[str, Any]:
    """Keeps who was sent; what the export's record says of it."""
    content = encode(users)
    sha256 = hashlib.sha256(content).hexdigest()
    path = workspace / FOLDER / app / f"{sha256}.bits"
    if not path.exists():
        write_bytes(path, content)
    return {"users": users.count, "file": path.relative_to(workspace).as_posix(), "sha256": sha256}


def read_sent(workspace: Path, kept: Mapping[str, Any], size: int | None = None) -> Bitmap:
    """Who was sent, among `size` users of today, or of then. Raises Damaged where the file is not what was written."""
    path = workspace / kept["file"]
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == kept["sha256"]:
            found = decode(content)
            return found if size is None else found.resized(size)
    except (OSError, ValueError):
        pass
    raise Damaged(
        f"{path}: it is not there, or not what was written; it says who was in the last export. "
        "Export everybody once, without the changes only."
    )
