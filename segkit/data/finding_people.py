"""Whom an app's loaded data knows by a uid, an e-mail or a mobile number, and all else that they are known by.

Leaves the tables `gone` (user_no) and `gone_uids` (uid) of whom it found last, for `erasing`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segkit.data.keeping_out import personal_labels
from segkit.data.kept_out import KeptOut, Kind, normal_form
from segkit.data.label_files import bound_paths
from segkit.data.manifest import Manifest, StoredFile
from segkit.data.sql import filled
from segkit.data.work import Work
from segkit.definitions.vocabulary import Vocabulary

_FEWEST_DIGITS = 5  # of a mobile number that somebody is looked for by
_KINDS: tuple[Kind, ...] = ("email", "mobile")


@dataclass(frozen=True, slots=True)
class Found:
    """The users of one app that somebody asks to erase, or who has an address that no user has.

    `shared`: addresses that others have too, who stay.
    """

    app: str
    numbers: tuple[int, ...] = ()
    uids: tuple[str, ...] = ()  # those of unknown users, whose rows are kept aside, among them
    addresses: tuple[tuple[Kind, str], ...] = ()  # as they are stored
    normal: tuple[tuple[Kind, str], ...] = ()  # the same in their normal forms
    shared: int = 0

    def __bool__(self) -> bool:
        return bool(self.uids or self.addresses)


class Finding:
    """Looks for people in one generation of one app's data."""

    def __init__(self, work: Work, folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> None:
        self._work = work
        self._folder = folder
        self._manifest = manifest
        self._labels = [label for label in personal_labels(vocabulary) if manifest.labels.get(label.code)]
        self._aside = [label for label in personal_labels(vocabulary) if label.code in manifest.labels_aside]
        work.run(
            "CREATE TEMP TABLE users AS SELECT user_no, uid FROM read_parquet($users)",
            **self._bound(users=[manifest.users]),
        )
        work.run("CREATE TEMP TABLE gone (user_no INTEGER)")
        work.run("CREATE TEMP TABLE gone_uids (uid VARCHAR)")

    def _bound(self, **files: Sequence[StoredFile]) -> dict[str, object]:
        return {name: bound_paths(self._folder, some) for name, some in files.items()}

    # --- who it is ---------------------------------------------------------------------------------------------------

    def find(self, who: str) -> Found:
        """Those with that uid, e-mail or mobile, now or earlier. Those of unknown users are found by uid."""
        values = self.normal_forms(who)
        conditions = dict.fromkeys(_KINDS, "FALSE") | {
            kind: f"{normal_form(kind, 'value')} = $who_{kind}" for kind in _KINDS if kind in values
        }
        return self._find("uid = $who_uid", conditions, {f"who_{kind}": value for kind, value in values.items()})

    def find_again(self, kept_out: KeptOut) -> Found:
        """Those who are on the list of whom loads keep out, and are there all the same."""
        conditions = {kind: kept_out.condition(kind, normal_form(kind, "value")) for kind in _KINDS}
        return self._find(kept_out.condition("uid", "uid"), conditions, dict(kept_out.values()))

    def normal_forms(self, who: str) -> dict[Kind, str]:
        """What somebody is looked for by, as each kind that it may be."""
        forms = ", ".join(normal_form(kind, "$who") for kind in ("uid", *_KINDS))
        uid, email, mobile = self._work.rows(f"SELECT {forms}", who=who)[0]
        found: dict[Kind, str] = {"uid": uid}
        found |= {kind: form for kind, form in zip(_KINDS, (email, mobile), strict=True) if _tells(kind, form)}
        return found

    @property
    def has_found(self) -> bool:
        """Whether anybody was found last."""
        return bool(self._work.rows("SELECT 1 FROM gone_uids LIMIT 1"))

    def _find(self, uid: str, addresses: dict[Kind, str], values: dict[str, object]) -> Found:
        work = self._work
        work.run("DELETE FROM gone")
        work.run("DELETE FROM gone_uids")
        query = filled("INSERT INTO gone_uids SELECT uid FROM ({known}) WHERE {uid}", known=self._known_uids(), uid=uid)
        work.run(query, **values, **self._aside_files())
        work.run("INSERT INTO gone SELECT user_no FROM users SEMI JOIN gone_uids USING (uid)")
        for label in self._labels:
            rows = self._values_of(label.code, is_list=label.type == "list")
            condition = addresses[label.personal]  # type: ignore[index]
            query = "INSERT INTO gone SELECT DISTINCT user_no FROM ({rows}) WHERE {condition}"
            work.run(
                filled(query, rows=rows, condition=condition),
                **values,
                **self._bound(files=self._manifest.labels[label.code]),
            )
        work.run("CREATE OR REPLACE TEMP TABLE gone AS SELECT DISTINCT user_no FROM gone")
        work.run("INSERT INTO gone_uids SELECT uid FROM users SEMI JOIN gone USING (user_no) WHERE uid IS NOT NULL")
        work.run("CREATE OR REPLACE TEMP TABLE gone_uids AS SELECT DISTINCT uid FROM gone_uids")
        return self._told()

    def _told(self) -> Found:
        work, found, shared = self._work, {}, set()
        for label in self._labels:
            kind: Kind = label.personal  # type: ignore[assignment]
            rows = self._values_of(label.code, is_list=label.type == "list")
            query = filled(
                "SELECT value, {normal}, bool_or(user_no NOT IN (SELECT user_no FROM gone)) FROM ({rows}) "
                "WHERE {normal} IN (SELECT {normal} FROM ({rows}) SEMI JOIN gone USING (user_no)) GROUP BY ALL",
                normal=normal_form(kind, "value"), rows=rows,
            )  # fmt: skip
            for value, normal, is_shared in work.rows(query, **self._bound(files=self._manifest.labels[label.code])):
                found[kind, str(value)] = str(normal)
                shared |= {(kind, str(normal))} if is_shared else set()
        own = {
            key: normal for key, normal in found.items() if (key[0], normal) not in shared and _tells(key[0], normal)
        }
        return Found(
            app=self._manifest.app,
            numbers=tuple(sorted(number for (number,) in work.rows("SELECT user_no FROM gone"))),
            uids=tuple(sorted(uid for (uid,) in work.rows("SELECT uid FROM gone_uids"))),
            addresses=tuple(sorted(own)),
            normal=tuple(sorted({(kind, normal) for (kind, _), normal in own.items()})),
            shared=len(shared),
        )

    def _known_uids(self) -> str:
        """SQL of every uid that is stored, of unknown users too."""
        parts = ["SELECT uid FROM users WHERE uid IS NOT NULL"]
        parts += ["SELECT uid FROM read_parquet($orphans)"] if self._manifest.orphans else []
        aside = "SELECT uid FROM read_parquet($aside_{n})"
        parts += [filled(aside, n=n) for n in range(len(self._manifest.labels_aside))]
        return " UNION ".join(parts)

    def _aside_files(self) -> dict[str, object]:
        aside = {f"aside_{n}": [file] for n, file in enumerate(self._manifest.labels_aside.values())}
        return self._bound(orphans=self._manifest.orphans, **aside)

    def _values_of(self, code: str, *, is_list: bool) -> str:
        value = "unnest(value)" if is_list else "value"
        rows = filled("SELECT user_no, {value} AS value FROM read_parquet($files)", value=value)
        return filled("SELECT user_no, value FROM ({rows}) WHERE value IS NOT NULL", rows=rows)


def _tells(kind: Kind, normal: str) -> bool:
    """Whether a value is an address at all: `n/a` and `0` are everybody's."""
    return "@" in normal if kind == "email" else sum(map(str.isdigit, normal)) >= _FEWEST_DIGITS
