"""Who was erased, as keyed hashes, so that no load brings them back: files in `<workspace>/erasures/`.

Each file holds one random key and what was hashed with it: HMAC-SHA256 over app, kind and value, so that without the
key nobody can try out whether a person is in it. A restored workspace may have several. An entry names its erasure, by
which the audit trail knows it. Hashes are compared in SQL, inside the load; `normal_form` says what is hashed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from segkit.data.sql import filled
from segkit.errors import Damaged
from segkit.files.atomic import write_text
from segkit.files.disk import private_folder
from segkit.files.locks import Lock

FOLDER = "erasures"
_FILES = "kept-out-*.json"
_LOCK = "kept-out.lock"
_WAIT = 30.0
_BLOCK = 64  # bytes, of SHA-256
_ID = 12  # characters

Kind = Literal["uid", "email", "mobile"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: SQL of what is compared of a value: a uid as it is; an e-mail trimmed and in lower case; the digits of a number.
_NORMAL_FORMS: dict[Kind, str] = {
    "uid": "{value}",
    "email": "lower(trim(nfc_normalize({value})))",
    "mobile": "regexp_replace({value}, '[^0-9+]', '', 'g')",
}
#: HMAC as SQL: the two blocks that begin what is hashed are bound, the key already in them.
_HMAC = "sha256($outer_{n} || unhex(sha256($inner_{n}_{kind} || encode({value}))))"


def normal_form(kind: Kind, value: str) -> str:
    """SQL of what is hashed of a value, itself SQL of a text."""
    return filled(_NORMAL_FORMS[kind], value=value)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Part):
    """One value that is kept out of one app."""

    app: str
    kind: Kind
    hash: str
    erasure: str


class _Ring(_Part):
    """One key and what was hashed with it."""

    format: Literal[1] = 1
    key: str
    entries: tuple[Entry, ...] = ()

    def hash_of(self, app: str, kind: Kind, value: str) -> str:
        message = _prefix(app, kind) + value.encode()
        return hmac.new(bytes.fromhex(self.key), message, hashlib.sha256).hexdigest()

    def blocks(self, app: str, kind: Kind) -> tuple[bytes, bytes]:
        """What the inner and the outer pass of HMAC begin with."""
        key = bytes.fromhex(self.key).ljust(_BLOCK, b"\0")
        inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
        return inner + _prefix(app, kind), outer


def _prefix(app: str, kind: Kind) -> bytes:
    return f"{app}\0{kind}\0".encode()


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Everybody who is kept out of one app."""

    app: str
    rings: tuple[_Ring, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for ring in self.rings for entry in ring.entries if entry.app == self.app)

    @property
    def has_addresses(self) -> bool:
        return any(entry.kind != "uid" for entry in self.entries)

    def condition(self, kind: Kind, value: str) -> str:
        """SQL that is true of a value (SQL of a text in its normal form) that is on the list."""
        found = [f"{filled(_HMAC, n=n, kind=kind, value=value)} IN (SELECT unnest($hashes_{n}_{kind}))"
                 for n, ring in enumerate(self.rings) if _hashes(ring, self.app, kind)]  # fmt: skip
        return f"({' OR '.join(found)})" if found else "FALSE"

    def values(self) -> Mapping[str, object]:
        """What conditions bind."""
        found: dict[str, object] = {}
        for n, ring in enumerate(self.rings):
            for kind in KINDS:
                found[f"inner_{n}_{kind}"], found[f"outer_{n}"] = ring.blocks(self.app, kind)
                found[f"hashes_{n}_{kind}"] = _hashes(ring, self.app, kind)
        return found

    def erasure_of(self, kind: Kind, value: str) -> str | None:
        """The erasure by which a value in its normal form is kept out; None if it is not."""
        for ring in self.rings:
            wanted = ring.hash_of(self.app, kind, value)
            for entry in ring.entries:
                if (entry.app, entry.kind) == (self.app, kind) and hmac.compare_digest(entry.hash, wanted):
                    return entry.erasure
        return None


def _hashes(ring: _Ring, app: str, kind: Kind) -> list[str]:
    return [entry.hash for entry in ring.entries if (entry.app, entry.kind) == (app, kind)]


def read_kept_out(workspace: Path, app: str) -> KeptOut:
    """Whom loads keep out of an app. Raises Damaged for a file that cannot be read: nobody may slip in for that."""
    return KeptOut(app, tuple(_read(path) for path in _files(workspace)))


def keep_out(workspace: Path, values: Iterable[tuple[str, Kind, str]], erasure: str = "") -> str:
    """Puts values on the list, each with its app and kind, in their normal form; the erasure that they are known by.

    Without a name, that is the one by which one of them is on the list already, else a new one made of their hashes.
    Once this returns, no load brings them back.
    """
    folder = private_folder(workspace / FOLDER)
    with Lock(folder / _LOCK, "keeping erased users out", wait=_WAIT):
        path = next(iter(_files(workspace)), folder / f"kept-out-{secrets.token_hex(4)}.json")
        ring = _read(path) if path.exists() else _Ring(key=secrets.token_hex(32))
        hashed = {(app, kind, ring.hash_of(app, kind, value)) for app, kind, value in values}
        held = {(entry.app, entry.kind, entry.hash): entry.erasure for entry in ring.entries}
        known = sorted(held[found] for found in hashed & held.keys())
        name = erasure or next(iter(known), f"er_{min(hash_ for _, _, hash_ in hashed)[:_ID]}")
        new = tuple(Entry(app=app, kind=kind, hash=hash_, erasure=name)
                    for app, kind, hash_ in sorted(hashed - held.keys()))  # fmt: skip
        if new or not path.exists():
            _write(path, ring.model_copy(update={"entries": (*ring.entries, *new)}))
    return name


def carry_over(source: Path, target: Path) -> int:
    """Puts what one workspace keeps out on the list of another; how many values that had not."""
    carried = 0
    with Lock(private_folder(target / FOLDER) / _LOCK, "keeping erased users out", wait=_WAIT):
        held = {ring.key: (path, ring) for path in _files(target) for ring in (_read(path),)}
        for path in _files(source):
            ring = _read(path)
            place, there = held.get(ring.key, (target / FOLDER / path.name, _Ring(key=ring.key)))
            new = tuple(entry for entry in ring.entries if entry not in there.entries)
            carried += len(new)
            if new:
                _write(place, there.model_copy(update={"entries": (*there.entries, *new)}))
    return carried


def _files(workspace: Path) -> list[Path]:
    return sorted((workspace / FOLDER).glob(_FILES))


def _read(path: Path) -> _Ring:
    try:
        return _Ring.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        raise Damaged(
            f"{path} is not what segkit wrote; it says who was erased and must not be loaded again. "
            "Restore it from a backup."
        ) from None


def _write(path: Path, ring: _Ring) -> None:
    write_text(path, ring.model_dump_json(indent=1) + "\n")
