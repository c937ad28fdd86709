"""A workspace between two nights in which every user who comes or goes does so for one planted reason.

Each case is a segment of its own users. They are in while any of five things holds (or, in every other case, while none
does): a score, an event in a window, a tag, a date, a segment inside. Nothing holds but what was planted. The first
load knows the users of `EARLY`; the second brings those of `since`, which come late, and of `until`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import segkit
from segkit.api import App, Workspace
from segkit.definitions.documents import parse_document
from tests.small_workspace import SmallWorkspace

Row = dict[str, Any]
CASES = 30  # of one world
_STAGES = ("early", "since", "until")
_TYPES = {
    "uid": pa.string(), "country": pa.string(), "score": pa.float64(), "tags": pa.list_(pa.string()),
    "registered_at": pa.date32(), "device_count": pa.float64(),
}  # fmt: skip


@dataclass
class Case:
    """One segment, and by uid what its users were planted for: the cause, and whether the thing came to hold."""

    name: str
    days: int  # of the window
    reach: int  # days of the date's condition
    grows: bool  # whether the date's condition comes to hold as time passes
    loosened: bool  # whether the edit lets in more
    inverse: bool
    planted: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def rule(self, edited: bool) -> Row:
        """The rule before the edit and after it."""
        low = 5 if edited == self.loosened else 10
        op = "days_ago_gt" if self.grows else "in_last"
        holds = {
            "any": [
                {"label": "score", "op": "ge", "value": low},
                {"event": "app_used", "window": {"last": self.days}},
                {"label": "tags", "op": "contains", "value": "vip"},
                {"label": "registered_at", "op": op, "value": self.reach},
                {"segment": "inside"},
            ]
        }
        picked = {"not": holds} if self.inverse else holds
        return {"all": [{"label": "country", "op": "eq", "value": self.name}, picked]}

    def expected(self, uid: str) -> tuple[str, str]:
        """The part that a user belongs to, and whether they entered or left."""
        cause, came = self.planted[uid]
        # Users who come and go do so whole; who is erased was in.
        if cause in ("new", "gone", "erased", "late user"):
            return cause.removesuffix(" user"), "entered" if came else "left"
        return cause, "entered" if came != self.inverse else "left"


class PlantedWorld:
    """Writes the sources, loads, publishes, edits, loads again, publishes again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = Random(f"planted {seed}")
        self.folder = folder
        self.since = date(2024, 3, 20) + timedelta(self.random.randrange(200))
        self.until = self.since + timedelta(self.random.randint(1, 9))
        self.stages: dict[str, list[Row]] = {stage: [] for stage in _STAGES}
        self.events: dict[str, list[tuple[str, date]]] = {"early": [], "until": []}
        self.inside_loosened = self.random.random() < 0.5
        self.cases = [self._case(f"case {number}") for number in range(CASES)]
        self.erased: list[str] = []
        for case in self.cases:
            self._plant(case)

    # --- what is planted ---------------------------------------------------------------------------------------------

    def _case(self, name: str) -> Case:
        flip = self.random.random
        return Case(
            name=name,
            days=self.random.randint(10, 40),
            reach=self.random.randint(10, 60),
            grows=flip() < 0.5,
            loosened=flip() < 0.5,
            inverse=flip() < 0.5,
        )

    def _plant(self, case: Case) -> None:
        gap = (self.until - self.since).days
        quiet: Row = {"tags": []}
        vip: Row = {"tags": ["vip"]}
        self._user(case, "rule", case.loosened, {"score": 7.0})
        self._user(case, "segment edited", self.inside_loosened, {"device_count": 7.0})
        self._user(case, "label", True, quiet, quiet, vip)
        self._user(case, "label", False, vip, vip, quiet)
        self._user(case, "segment", True, {"device_count": 2.0}, {"device_count": 2.0}, {"device_count": 12.0})
        self._user(case, "segment", False, {"device_count": 12.0}, {"device_count": 12.0}, {"device_count": 2.0})
        self._user(case, "late", True, quiet, vip, vip)
        self._user(case, "late", False, vip, quiet, quiet)
        self._user(case, "time", case.grows, {"registered_at": self._registered(case)})
        self._user(case, "events", True, events=[("until", self._day(self.since, self.until))])
        old = self.since - timedelta(case.days)
        self._user(case, "left", False, events=[("early", self._day(old, old + timedelta(min(gap, case.days))))])
        inside = self._day(old + timedelta(gap), self.since) if gap < case.days else self.since - timedelta(1)
        self._user(case, "late", True, events=[("until", inside)])
        # In by what came late, out by the label, in again by events: the last turn counts.
        self._user(case, "events", True, quiet, vip, quiet, events=[("until", self._day(self.since, self.until))])
        member = quiet if case.inverse else vip
        self._user(case, "new", True, None, None, member)
        self._user(case, "gone", False, member, member, None)
        self._user(case, "late user", True, None, member, member)
        if not self.erased:  # erasing goes through the whole workspace
            self.erased.append(self._user(case, "erased", False, member))
        # These end as they began, or never move: nobody may be told of them.
        self._user(case, "", True, quiet, vip, quiet)
        self._user(case, "", True, vip)
        self._user(case, "", True, quiet)
        self._user(case, "", True, events=[("early", inside), ("until", self.since)] if gap < case.days else [])

    def _user(
        self, case: Case, cause: str, came: bool, *stages: Row | None, events: list[tuple[str, date]] | None = None
    ) -> str:
        """A user as each stage has them, the last one given for those that follow; None: not there."""
        uid = f"u{len(self.stages['early']) + len(self.stages['until']) * 7919:07}"
        given = list(stages or ({},))
        given += [given[-1]] * (len(_STAGES) - len(given))
        for stage, labels in zip(_STAGES, given, strict=True):
            if labels is not None:
                self.stages[stage].append({"uid": uid, "country": case.name, **labels})
        for stage, day in events or []:
            self.events[stage].append((uid, day))
        if cause:
            case.planted[uid] = cause, came
        return uid

    def _registered(self, case: Case) -> date:
        """A day whose condition turns between the two dates."""
        gap = (self.until - self.since).days
        return self.since - timedelta(case.reach - self.random.randrange(min(gap, case.reach)))

    def _day(self, first: date, end: date) -> date:
        return first + timedelta(self.random.randrange((end - first).days))

    # --- the two nights ----------------------------------------------------------------------------------------------

    def run(self) -> App:
        """The app as it is after the second night."""
        SmallWorkspace(self.folder).write()
        for file in (self.folder / "sources").glob("*.parquet"):
            file.unlink()
        self._settings(self.since)
        self._write_users("early", self.since - timedelta(5))
        self._write_events("early")
        with self._opened() as app:
            self._save(app, edited=False)
            app.refresh(self._names, self.since)
        self._settings(self.until)
        self._write_users("since", self.since)
        self._write_users("until", self.until)
        self._write_events("until")
        with self._opened() as app:
            self._save(app, edited=True)
            for uid in self.erased:
                app.workspace.erase(uid)
            app.refresh(self._names, self.until)
        return segkit.open(self.folder, actor="tester").app()

    @property
    def _names(self) -> list[str]:
        return ["inside", *(case.name for case in self.cases)]

    def _opened(self) -> _Opened:
        return _Opened(self.folder)

    def _save(self, app: App, *, edited: bool) -> None:
        """All rules, as the catalog takes them; each is one thing that a person saved."""
        low = 5 if edited == self.inside_loosened else 10
        inside: Row = {"all": [{"label": "device_count", "op": "ge", "value": low}]}
        rules = {"inside": inside} | {case.name: case.rule(edited) for case in self.cases}
        catalog, now = app.workspace.catalog, app.workspace.clock()
        held = {segment.name: segment.id for segment in catalog.segments("shop")}
        for name, rule in rules.items():
            known = {"id": held[name]} if edited else {}
            document = parse_document({"segkit": 1, "app": "shop", "name": name, "rule": rule, **known})
            catalog.save(document, app="shop", actor="tester", now=now, based_on=1 if edited else None)

    def _settings(self, as_of: date) -> None:
        (self.folder / "segkit.toml").write_text(f"""segkit = 1
[gates]
off = ["fresh", "missing_days", "size", "drift", "orphans"]
[apps.shop]
zone = "Europe/Berlin"
as_of = {as_of}
[[apps.shop.users]]
files = "sources/users-*.parquet"
uid = "uid"
data_date = "file"
absent = "gone"
[[apps.shop.events]]
files = "sources/events-*.parquet"
uid = "uid"
time = "at"
name = "event"
""")

    def _write_users(self, stage: str, day: date) -> None:
        rows = self.stages[stage]
        columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in _TYPES.items()}
        pq.write_table(pa.table(columns), self.folder / "sources" / f"users-{day}.parquet")

    def _write_events(self, stage: str) -> None:
        rows = [*self.events[stage], ("u0000000", date(2023, 1, 1))]
        columns = {
            "uid": pa.array([uid for uid, _ in rows], pa.string()),
            "event": pa.array(["app_used" if uid != "u0000000" else "order_paid" for uid, _ in rows], pa.string()),
            "at": pa.array([f"{day} 12:00:00" for _, day in rows], pa.string()),
        }
        pq.write_table(pa.table(columns), self.folder / "sources" / f"events-{stage}.parquet")


class _Opened:
    """The loaded app for a block, closed after it."""

    def __init__(self, folder: Path) -> None:
        self._workspace: Workspace = segkit.open(folder, actor="tester")

    def __enter__(self) -> App:
        self._workspace.load()
        return self._workspace.app()

    def __exit__(self, *_: object) -> None:
        self._workspace.close()


def worlds(folder: Path, count: int) -> Iterator[tuple[PlantedWorld, App]]:
    """So many worlds, each with its app as it is after the second night."""
    for seed in range(count):
        world = PlantedWorld(folder / str(seed), seed)
        app = world.run()
        yield world, app
        app.workspace.close()
