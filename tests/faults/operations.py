"""What is killed in the midst: one operation a kind, each prepared, done in a child, judged and done again.

A further kind is one class more, and one line in OPERATIONS.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import yaml

from segkit.api import App
from segkit.errors import NotFound

GERMANS = {"label": "country", "op": "eq", "value": "DE"}


class Operation(Protocol):
    """One kind of operation; `turn` tells each try from the others."""

    def prepare(self, app: App, turn: int) -> None:
        """Makes what it works on."""

    def perform(self, app: App, turn: int) -> str:
        """Does it; doing it again finishes what was begun. What it acknowledges."""

    def require(self, app: App, turn: int, acknowledged: str | None) -> None:
        """Asserts that what was acknowledged is there, and that it is done wholly or not at all."""


class Saving:
    """A further version of one segment, with a key by which it is tried again."""

    def prepare(self, app: App, turn: int) -> None:
        if turn == 0:
            app.save({"name": "Saved", "rule": GERMANS})

    def perform(self, app: App, turn: int) -> str:
        held = app.definitions()["Saved"]
        changed = held.document.model_copy(update={"tags": (f"turn {turn}",)})
        # Before its key is known this is based on the version before; afterwards the key gives the first answer.
        return str(app.save(changed, based_on=self._before(app, turn), idempotency_key=f"turn {turn}").version)

    @staticmethod
    def _before(app: App, turn: int) -> int:
        versions = app.workspace.catalog.versions(app.definitions()["Saved"].id)
        earlier = [v.number for v in versions if v.document.tags != (f"turn {turn}",)]
        return max(earlier)

    def require(self, app: App, turn: int, acknowledged: str | None) -> None:
        history = app.workspace.catalog.versions(app.definitions()["Saved"].id)
        assert [v.number for v in history] == list(range(1, len(history) + 1))
        of_this = [v.number for v in history if v.document.tags == (f"turn {turn}",)]
        assert len(of_this) <= 1
        assert [v.document.tags for v in history[1:]] == [(f"turn {n}",) for n in range(len(history) - 1)]
        if acknowledged is not None:
            assert str(of_this[0]) == acknowledged


class Refreshing:
    """Every segment as of a date that was not published before."""

    def prepare(self, app: App, turn: int) -> None:
        if turn == 0:
            app.save({"name": "Refreshed", "rule": {"event": "app_used", "window": {"last": 30}}}, publish=False)

    def perform(self, app: App, turn: int) -> str:
        return str(len(app.refresh(as_of=self._day(turn)).published))

    @staticmethod
    def _day(turn: int) -> date:
        return date(2024, 11, 7) - timedelta(days=turn)

    def require(self, app: App, turn: int, acknowledged: str | None) -> None:
        day = self._day(turn)
        daily = [d for d in app.definitions().by_id.values() if d.cycle == "daily" and not d.missing]
        published = [app.workspace.catalog.snapshot(app.name, d.id, day) for d in daily]
        of_this_day = [record for record in published if record is not None]
        assert len(of_this_day) in (0, len(daily))  # all together or none
        assert len({record.generation for record in of_this_day}) <= 1
        if acknowledged is not None:
            assert len(of_this_day) == int(acknowledged) == len(daily)


class Deleting:
    """A segment that nobody refers to."""

    def prepare(self, app: App, turn: int) -> None:
        app.save({"name": f"Doomed {turn}", "rule": GERMANS}, publish=False)

    def perform(self, app: App, turn: int) -> str:
        try:
            app.delete(f"Doomed {turn}")
        except NotFound:
            return "deleted before"
        return "deleted"

    def require(self, app: App, turn: int, acknowledged: str | None) -> None:
        there = {s.name for s in app.workspace.catalog.segments(app.name)}
        gone = {s.name: s.id for s in app.workspace.catalog.segments(app.name, deleted=True)}
        name = f"Doomed {turn}"
        assert (name in there) != (name in gone)
        if acknowledged is not None:
            assert name in gone
        if name in gone:
            entries = app.workspace.catalog.audit(app.name, action="delete", subject=gone[name])
            assert len(entries) == 1


class Applying:
    """A folder of three new documents, one of which refers to another, and a change of what the folder before saved."""

    def prepare(self, app: App, turn: int) -> None:
        folder = self._folder(app, turn)
        folder.mkdir(parents=True)
        for name, rule in {"a": GERMANS, "b": {"segment": f"Applied {turn} a"}, "c": {"not": GERMANS}}.items():
            content = {"segkit": 1, "app": app.name, "name": f"Applied {turn} {name}", "cycle": "daily", "rule": rule}
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
        earlier = self._folder(app, turn - 1) / "c.yaml"
        if earlier.exists():
            (folder / "earlier.yaml").write_text(earlier.read_text() + f"description: changed in {turn}\n")

    @staticmethod
    def _folder(app: App, turn: int) -> Path:
        return app.workspace.folder.parent / "documents" / str(turn)

    def perform(self, app: App, turn: int) -> str:
        applied = app.workspace.apply(self._folder(app, turn), app.name)
        applied.raise_what_is_missing()
        return "applied"

    def require(self, app: App, turn: int, acknowledged: str | None) -> None:
        names = {f"Applied {turn} {name}" for name in "abc"}
        stored = {s.name: s for s in app.workspace.catalog.segments(app.name)}
        there = names & set(stored)
        assert there in (set(), names)  # all together or none
        earlier = stored.get(f"Applied {turn - 1} c")
        if earlier is not None and earlier.id in (self._folder(app, turn) / "earlier.yaml").read_text():
            assert (earlier.document.description == f"changed in {turn}") == bool(there)
        if acknowledged is not None:
            assert there == names
            for name in "abc":
                assert (
                    f"id: {stored[f'Applied {turn} {name}'].id}"
                    in (self._folder(app, turn) / f"{name}.yaml").read_text()
                )
                assert app.segment(f"Applied {turn} {name}").count is not None


OPERATIONS: dict[str, Operation] = {
    "save": Saving(),
    "refresh": Refreshing(),
    "delete": Deleting(),
    "apply": Applying(),
}
