"""A shop of 100 users whose sources bring a file a day, for tests of nights: faults are planted in one file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import segkit
from segkit.api import App, Workspace
from segkit.api.results import RefreshReport
from segkit.errors import Held
from tests.data.made import Made, event, user

FIRST, EVE, NIGHT = date(2026, 6, 1), date(2026, 6, 9), date(2026, 6, 10)
GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}
OTHERS = {"name": "Others", "rule": {"not": {"segment": "Germans"}}}
VIPS = {"name": "VIPs", "rule": {"label": "vip", "op": "eq", "value": True}}
EVERYBODY = {"name": "Everybody", "rule": {"all": []}}
UIDS = tuple(f"u{number:03}" for number in range(100))


class NightlyShop:
    """60 of 100 users are Germans, 50 VIPs. Its eve is published; `bring` writes what the night will find."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = Made(folder, users_mapping={"data_date": "file"})
        self.more = ""  # of segkit.toml
        self._workspace: Workspace | None = None

    def evening(self, *documents: dict[str, Any]) -> None:
        """Everything up to the eve is loaded and published."""
        for number in range((EVE - FIRST).days):
            self.bring_events(FIRST + timedelta(days=number))
        self.bring_users(EVE)
        self.write(EVE)
        self.workspace.load()
        for document in documents or (GERMANS, OTHERS, VIPS, EVERYBODY):
            self.app.save(document, publish=False)
        report = self.app.refresh()
        assert not report.held, report

    def bring(self, *, germans: int = 60) -> None:
        """What a good night finds."""
        self.bring_events(EVE)
        self.bring_users(NIGHT, germans)

    def bring_users(self, day: date, germans: int = 60, uids: Sequence[str] = UIDS) -> None:
        rows = [
            user(uid, country="DE" if number < germans else "AT", score=1.0, vip=number % 2 == 0)
            for number, uid in enumerate(uids)
        ]
        self.made.users(day.isoformat(), *rows)

    def bring_events(self, day: date, uids: Sequence[str] = UIDS) -> None:
        rows = [event(uid, "seen", f"{day} 12:00", f"{day} {uid}") for uid in uids]
        self.made.events(day.isoformat(), *rows)

    def write(self, as_of: date) -> None:
        """segkit.toml as of a date."""
        self.made.write_settings()
        toml = self.folder / "segkit.toml"
        app = f"[apps.shop]\nas_of = {as_of}"
        toml.write_text(toml.read_text().replace("[apps.shop]", app) + f"\n{self.more}\n")
        self.close()

    def night(self, accept: Sequence[str] = (), as_of: date = NIGHT) -> RefreshReport:
        """A load and a refresh as the night makes them."""
        self.write(as_of)
        self.load()
        return self.refresh(accept)

    def load(self) -> None:
        with suppress(Held):
            self.workspace.load()

    def refresh(self, accept: Sequence[str] = ()) -> RefreshReport:
        (report,) = self.workspace.night().refresh(accept=accept)
        return report

    @property
    def workspace(self) -> Workspace:
        if self._workspace is None:
            self._workspace = segkit.open(self.folder, actor="tester")
        return self._workspace

    @property
    def app(self) -> App:
        return self.workspace.app()

    def served(self) -> dict[str, tuple[int | None, str]]:
        """What is published, by name: users and as_of."""
        return {info.name: (info.count, str(info.as_of)) for info in self.app.segments() if info.kind == "custom"}

    def close(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None


def statuses(report: RefreshReport) -> dict[str, str]:
    """By name, of the segments that a person made."""
    return {row.name: row.status for row in report.segments if row.kind == "custom"}


def findings(report: RefreshReport) -> list[tuple[str, str, str]]:
    """Gate, what it holds, and what was found."""
    return [(finding.gate, finding.holds, finding.found) for finding in report.gates]
