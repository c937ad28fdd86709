"""A workspace: one folder with its settings, its catalog, and the apps in it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.api import permitting
from segkit.api.app import App
from segkit.api.auditing import AuditTrail
from segkit.api.faces import workspace_html, workspace_text
from segkit.api.night import Night, NightDates
from segkit.api.nights import WorkspaceNights
from segkit.api.permitting import asking
from segkit.data.settings import Settings, read_settings
from segkit.definitions.zones import zone
from segkit.errors import NotFound
from segkit.store.catalog import Catalog, open_catalog

if TYPE_CHECKING:
    from segkit.api.backing_up import BackupReport, Part
    from segkit.api.erasure_report import ErasureReport
    from segkit.api.planning.applying import Applied
    from segkit.api.planning.plans import Plan
    from segkit.api.planning.pulling import Pulled
    from segkit.data.report import LoadReport

Clock = Callable[[], datetime]


def open_workspace(
    folder: str | os.PathLike[str] = "", *, actor: str | None = None, clock: Clock | None = None
) -> Workspace:
    """The workspace in `folder`. Raises NotFound without a `segkit.toml`, SegkitError with all that is wrong in it.

    Without a folder it is that of the environment's SEGKIT_WORKSPACE, else this one.
    `actor` is who acts, for the record: the login name by default. `clock` tells the time, in UTC.
    """
    place = folder or os.environ.get("SEGKIT_WORKSPACE") or "."
    return Workspace(Path(place), actor or login(), clock or utc_now)


def utc_now() -> datetime:
    """The clock of whoever brings none."""
    return datetime.now(UTC)


def login() -> str:
    """Who acts, unless somebody else is named."""
    if os.environ.get("SEGKIT_ACTOR"):
        return os.environ["SEGKIT_ACTOR"]
    with suppress(KeyError, OSError, ImportError):
        return getpass.getuser()
    return "unknown"


@asking(permitting.WORKSPACE, lambda workspace: workspace)
class Workspace(WorkspaceNights):
    """One folder, owned by one machine. Everything that is asked for is read, and imported, when it is asked for."""

    def __init__(self, folder: Path, actor: str, clock: Clock) -> None:
        self.folder = folder.resolve()
        self.settings: Settings = read_settings(self.folder)
        self.actor = actor
        self.clock = clock
        self._apps: dict[str, App] = {}

    @cached_property
    def catalog(self) -> Catalog:
        """Segments, versions, snapshots, runs, exports, the audit trail."""
        return open_catalog(self.folder, self.settings.catalog)

    @property
    def app_names(self) -> tuple[str, ...]:
        return tuple(self.settings.apps)

    def app(self, name: str | None = None) -> App:
        """The app of that name, or the only one. Raises NotFound with the nearest name."""
        if name is None:
            if len(self.settings.apps) > 1:
                raise NotFound(
                    f"the workspace has {len(self.settings.apps)} apps; name one of: {', '.join(self.app_names)}"
                )
            name = self.app_names[0]
        settings = self.settings.app(name)
        if name not in self._apps:
            self._apps[name] = App(self, name, settings)
        return self._apps[name]

    def apps(self) -> Iterator[App]:
        """Every app, in the order of the settings."""
        return (self.app(name) for name in self.app_names)

    def today(self, app: str) -> date:
        """Today in an app's zone."""
        return self.clock().astimezone(zone(self.settings.app(app).zone)).date()

    def load(
        self,
        app: str | None = None,
        *,
        as_of_limit: date | None = None,
        rebuild: bool = False,
        accept_drift: bool | Collection[str] = False,
        days: Iterable[str] = (),
        progress: Callable[[str, float], None] | None = None,
    ) -> list[LoadReport]:
        """Brings in what is new in the sources of one app, or of all; a report each.

        Files that are another than what was accepted so far hold the load (Drifted, a Held); `accept_drift` takes them
        as they are, in all columns or in those that it names, on record.
        `days`, such as `2026-05-01` or `2026-05-01..2026-05-07`, are read again from all files of events: what is
        stored of them makes way for what the sources hold now.
        Raises SegkitError with the file, the place and what was expected; then nothing of that app's load is kept.
        """
        from segkit.api import loading
        from segkit.data.day_ranges import DayRanges

        return loading.load(
            self,
            self.app_names if app is None else (self.app(app).name,),
            as_of_limit=as_of_limit,
            rebuild=rebuild,
            accept_drift=accept_drift,
            days=DayRanges.parsed(days),
            progress=progress,
        )

    def last_loads(self, app: str | None = None) -> list[LoadReport]:
        """The reports of the loads that made the data of one app, or of all, as it is now. Raises NotFound."""
        from segkit.data.generation import last_report

        names = self.app_names if app is None else (self.app(app).name,)
        return [last_report(self.folder / "data" / name) for name in names]

    # --- definitions in a folder -------------------------------------------------------------------------------------

    def plan(
        self, folder: Path | str, app: str | None = None, *, delete: bool = False, as_of: date | None = None
    ) -> Plan:
        """What applying a folder of documents would do to the catalog, and to who is in which segment.

        It is about the apps that the documents name, or the one of `app`. With `delete`, custom segments of those apps
        that no file has are deleted. Changes nothing. Raises DefinitionError with all that is wrong with all files.
        """
        from segkit.api.planning.planning import make_plan

        return make_plan(self, Path(folder), app, as_of, delete)

    def apply(
        self,
        folder: Path | str,
        app: str | None = None,
        *,
        delete: bool = False,
        plan: Path | str | None = None,
        note: str = "",
        publish: bool = True,
    ) -> Applied:
        """Does what `plan` shows: all definitions or none, then ids into new files, then users published.

        With `plan`, a saved plan's file, it does exactly that. Raises Moved if what the plan rests on is not as it was,
        Held if a persona would not be where it must be.
        """
        from segkit.api.planning.applying import apply, apply_plan, read_plan

        if plan is None:
            return apply(self, Path(folder), app, delete, note, publish)
        return apply_plan(self, Path(folder), read_plan(Path(plan)), note, publish)

    def pull(self, folder: Path | str, app: str | None = None, *, overwrite: bool = False) -> Pulled:
        """Writes the catalog's custom segments as documents into a folder; a plan of it is empty then.

        A file that says of a segment what the catalog never had is left alone, unless `overwrite`.
        """
        from segkit.api.planning.pulling import pull

        return pull(self, Path(folder), app, overwrite)

    # -----------------------------------------------------------------------------------------------------------------

    def forget_days(self, days: Iterable[str], app: str | None = None) -> LoadReport:
        """Deletes the events of some days of an app, on record: no later load brings them back unless it is asked to.

        `days` are written as for `load`.
        """
        from segkit.api import loading
        from segkit.data.day_ranges import DayRanges
        from segkit.data.forgetting import forget_days

        wanted, name = DayRanges.parsed(days), self.app(app).name
        report = forget_days(self.folder, self.settings, name, wanted)
        loading.put_forgetting_on_record(self, name, wanted, report)
        return report

    def erase(self, who: str = "", app: str | None = None, *, again: bool = False) -> ErasureReport:
        """Erases whoever has that uid, e-mail or mobile, in one app or in all, and keeps them out of later loads.

        They go from data and history, from the catalog's texts and the literals of rules, from exports and executed
        notebooks inside the workspace. Counts that were published stay. Killed and run again, it ends the same.
        With `again`, erases everyone once more who was erased before and is there, as after a restored backup.
        Raises NotFound if there is nobody, Busy if a load is at work; then nothing has changed.
        """
        from segkit.api.erasing import erase

        return erase(self, who, app, again=again)

    def backup(self, path: str | os.PathLike[str], *, without: Collection[Part] = ()) -> BackupReport:
        """Writes the whole workspace to one new file outside it, while it is in use. `segkit restore` brings it back.

        Holds every save that was acknowledged before. `without` leaves out sources, exports or runs.
        """
        from segkit.api.backing_up import back_up

        return back_up(self, Path(path), without)

    def audit(
        self,
        app: str | None = None,
        *,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        limit: int | None = None,
    ) -> AuditTrail:
        """Who did what, the newest first: saves, refreshes, exports, personal data shown, and so on."""
        return AuditTrail(self.catalog.audit(app, actor=actor, action=action, subject=subject, limit=limit))

    def night(self, app: str = "", as_of: NightDates = None) -> Night:
        """A night of one app, or of all; see `Night`."""
        return Night(self, app, as_of)

    def close_apps(self) -> None:
        """Frees what apps hold of the data; they read it again when they are asked."""
        for app in self._apps.values():
            app.close()

    def close(self) -> None:
        """Frees what is held open."""
        self.close_apps()
        self._apps.clear()
        if "catalog" in self.__dict__:
            self.catalog.close()

    def __repr__(self) -> str:
        return workspace_text(self)

    def _repr_html_(self) -> str:
        return workspace_html(self)
