"""The key of a leaf's users: a hash of all that they depend on. Two answers under one key are the same answer.

It holds no word of a rule in clear: a file that is named by it tells nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache

from segkit.data.manifest import Manifest
from segkit.definitions.conditions import Event, Label, Leaf
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.windows import Days
from segkit.definitions.zones import tzdata_version
from segkit.engine.canonical import canonical
from segkit.files.hashing import sha256_of_text


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What the users of a leaf depend on."""

    app: str
    leaf: str  # canonical; 'base' for all users
    as_of: str
    window: str  # the resolved days, or the date as of which a label is read
    read: str  # fingerprints of the partitions or label files that are read
    users: str  # the user map: numbers, who is dead, who is there when
    vocabulary: str
    zone: str
    tzdata: str  # by which the data was loaded, and the one in use
    evaluator: str

    def key(self) -> str:
        """64 hexadecimal digits."""
        return sha256_of_text(json.dumps(asdict(self), sort_keys=True))


class Keys:
    """The keys of one generation of one app's data, for one vocabulary and evaluator."""

    def __init__(self, manifest: Manifest, vocabulary: Vocabulary, evaluator: str) -> None:
        self._manifest = manifest
        self._vocabulary = sha256_of_text(vocabulary.model_dump_json())
        self._evaluator = evaluator
        seen = [manifest.user_count, manifest.dead, manifest.users.sha256, manifest.presence.sha256]
        self._users = sha256_of_text(repr(seen))
        self._of_days = cache(self._fingerprint_of_days)

    def of(self, leaf: Leaf, as_of: date) -> str:
        """The key of a leaf."""
        return self.parts(leaf, as_of).key()

    def of_base(self, as_of: date) -> str:
        """The key of the base."""
        return self._parts("base", as_of, "", "").key()

    def parts(self, leaf: Leaf, as_of: date) -> KeyParts:
        """What a leaf's users depend on."""
        window, read = "", ""
        if isinstance(leaf, Event | Steps):
            days = leaf.window.days(as_of)
            window, read = f"{days.start}..{days.end}", self._of_days(days)
        elif isinstance(leaf, Label):
            window = str(self._manifest.label_date(leaf.label, as_of))
            read = self._fingerprint_of_label(leaf.label)
        return self._parts(canonical(leaf), as_of, window, read)

    def _parts(self, leaf: str, as_of: date, window: str, read: str) -> KeyParts:
        manifest = self._manifest
        return KeyParts(
            app=manifest.app,
            leaf=leaf,
            as_of=str(as_of),
            window=window,
            read=read,
            users=self._users,
            vocabulary=self._vocabulary,
            zone=manifest.zone,
            tzdata=f"{manifest.tzdata} {tzdata_version()}",
            evaluator=self._evaluator,
        )

    def _fingerprint_of_days(self, days: Days) -> str:
        read = [(str(file.day), file.sha256, file.columns) for file in self._manifest.days if file.day in days]
        return sha256_of_text(repr(read))

    def _fingerprint_of_label(self, code: str) -> str:
        files = self._manifest.labels.get(code, ())
        return sha256_of_text(repr([(file.sha256, str(file.data_date), str(file.first_date)) for file in files]))
