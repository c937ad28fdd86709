"""A disk that fails at its nth write, fsync or rename, once or for good, while a save, a refresh and a delete go on.

A seeded sample of the numbers by default; every one with `pytest --full tests/faults/test_failing_disk.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

import segkit
from segkit.api import App
from segkit.api.doctor import examine
from segkit.errors import SegkitError
from segkit.files.atomic import is_temporary
from segkit.files.disk import DISK
from tests.small_workspace import SmallWorkspace

CALLS = ("write", "sync", "rename")
RULE = {"label": "country", "op": "eq", "value": "DE"}


class Fails:
    """Stands in for one call of the disk: the nth fails, and with `for_good` every one after it."""

    def __init__(self, really: Any, nth: int, for_good: bool) -> None:
        self.really, self.nth, self.for_good, self.calls = really, nth, for_good, 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        if self.calls == self.nth or (self.for_good and self.calls > self.nth):
            raise OSError(5, "Input/output error")
        return self.really(*arguments)


@contextmanager
def failing(call: str, nth: int, for_good: bool) -> Iterator[Fails]:
    really = getattr(DISK, call)
    fails = Fails(really, nth, for_good)
    setattr(DISK, call, fails)
    try:
        yield fails
    finally:
        setattr(DISK, call, really)


class Sequence:
    """A save that publishes, a refresh as of a date that is new, a delete; what was acknowledged of it."""

    def __init__(self, app: App, turn: int) -> None:
        self.app, self.turn = app, turn
        self.day = date(2024, 11, 6) - timedelta(days=turn)
        app.save({"name": f"Doomed {turn}", "rule": RULE}, publish=False)
        self.done: list[str] = []
        self.errors: list[str] = []

    def run(self) -> None:
        app, turn = self.app, self.turn
        steps: dict[str, Callable[[], object]] = {
            "save": lambda: app.save({"name": f"New {turn}", "rule": RULE}, idempotency_key=f"new {turn}"),
            "refresh": lambda: app.refresh(as_of=self.day),
            "delete": lambda: app.delete(f"Doomed {turn}"),
        }
        for name, work in steps.items():
            if name in self.done:
                continue
            try:
                work()
            except SegkitError as error:  # anything else is raised, and fails the test
                self.errors.append(str(error))
            else:
                self.done.append(name)

    def require(self) -> None:
        names = {s.name for s in self.app.workspace.catalog.segments("shop")}
        if "save" in self.done:
            assert f"New {self.turn}" in names
            assert self.app.segment(f"New {self.turn}").count == 20
        if "delete" in self.done:
            assert f"Doomed {self.turn}" not in names
        daily = [d for d in self.app.definitions().by_id.values() if d.cycle == "daily" and not d.missing]
        published = [self.app.workspace.catalog.snapshot("shop", d.id, self.day) for d in daily]
        assert all(published) or not any(published)
        if "refresh" in self.done:
            assert all(published)


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("call", CALLS)
def test_a_disk_that_fails_at_any_call_loses_nothing_says_where_and_a_rerun_completes(
    call: str, for_good: bool, small: SmallWorkspace, full: bool
) -> None:
    for number in range(40):
        small.user(f"u{number:02}", country="DE" if number % 2 else "AT")
        small.event(f"u{number:02}", "app_used", at=f"2024-10-{1 + number % 28:02} 10:00")
    app = small.app
    app.refresh()
    with failing(call, 10**9, for_good) as counted:
        Sequence(app, 0).run()
    total = counted.calls
    assert total > 10
    numbers = range(1, total + 1) if full else sorted(Random(f"{call} {for_good}").sample(range(1, total + 1), 4))
    failed = 0
    for turn, nth in enumerate(numbers, 1):
        sequence = Sequence(app, turn)
        with failing(call, nth, for_good):
            sequence.run()
        failed += bool(sequence.errors)
        for error in sequence.errors:
            assert "Input/output error" in error
            assert str(small.folder) in error
        assert [str(f) for f in examine(app.workspace, deep=True) if f.severity == "error"] == []
        sequence.require()
        sequence.run()
        assert sorted(sequence.done) == ["delete", "refresh", "save"]
        sequence.require()
        app.refresh()  # publishes, and so sweeps
        assert [path for path in small.folder.rglob("*") if is_temporary(path)] == []
    assert failed > 0
    print(f"{call}, {'for good' if for_good else 'once'}: {len(numbers)} of {total} calls, {failed} sequences failed")
    reopened = segkit.open(small.folder)
    assert [f for f in examine(reopened, deep=True) if f.severity == "error"] == []


def test_nothing_is_left_of_what_failed(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    app = small.app
    with failing("rename", 1, True), pytest.raises(SegkitError, match="bytes wanted"):
        app.refresh()
    assert [p.name for p in (small.folder / "snapshots" / "shop").iterdir()] == ["publish.lock"]
