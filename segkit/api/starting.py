"""From a person's own files to a workspace: a proposal that can be looked at, changed, and written."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.proposed import proposal_html, proposal_text, rows_html
from segkit.data.proposal import CsvWish, Looked, Proposal, Source, Wishes, Written, look_at, write
from segkit.data.proposal.decide import day_after_newest
from segkit.data.proposal.given import app_name_of
from segkit.data.proposal.wishes import EVENTS_ROLES, LINK_ROLES, USERS_ROLES
from segkit.definitions.zones import zone as zone_of
from segkit.errors import SegkitError, nearest

if TYPE_CHECKING:
    from segkit.api.workspace import Workspace

#: A linked table: a source, or a source and the column that says which user.
Link = Source | tuple[Source, str]
_CHANGES = ("type", "scale", "name", "unit", "category", "personal", "kept")


def init(
    folder: str | os.PathLike[str],
    users: Source | None = None,
    events: Source | None = None,
    *,
    uid: str | None = None,
    event_uid: str | None = None,
    event_name: str | None = None,
    event_time: str | None = None,
    event_key: str | None = None,
    zone: str | None = None,
    event_zone: str | None = None,
    known_from: str | None = None,
    gone_at: str | None = None,
    links: Mapping[str, Link] | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    dates: str | Sequence[str] = (),
    app: str | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Start:
    """Looks at your files, or tables, and proposes a workspace in `folder`; `.write()` writes it.

    A source is a path, a folder, a pattern, a pandas DataFrame or an Arrow table. Columns that are not named are
    proposed; `event_name` may be a constant such as `=purchase`. Naive instants need `zone`, which is never guessed.
    `encoding`, `decimal` ("," or ".") and `dates` ("DD.MM.YYYY") say how CSV files are written, where that is open.
    Raises SegkitError with what was found and what to do.
    """
    if users is None and events is None:
        raise SegkitError("nothing to look at: give users, events, or both")
    place = Path(folder).expanduser().absolute()
    name = app or app_name_of(place.name)
    sources = {link: found[0] if isinstance(found, tuple) else found for link, found in (links or {}).items()}
    roles: dict[str, dict[str, str | None]] = {
        "users": {"uid": uid, "known_from": known_from, "gone_at": gone_at},
        "events": {"uid": event_uid, "name": event_name, "time": event_time, "key": event_key},
        **{link: {"uid": found[1]} for link, found in (links or {}).items() if isinstance(found, tuple)},
    }
    said = {table: {role: column for role, column in of.items() if column is not None} for table, of in roles.items()}
    for given in (zone, event_zone):
        if given is not None:
            zone_of(given)
    csv = CsvWish(encoding, decimal=decimal, dates=(dates,) if isinstance(dates, str) else tuple(dates))
    looked = look_at(place, name, users, events, sources, csv, progress)
    return Start(place, looked, Wishes(name, zone, event_zone, said))


@dataclass(frozen=True)
class NextStep:
    """A command to go on with, and what it does."""

    command: str
    does: str


class Start:
    """A proposed app. Look at it, change what is off, then `write()` and load."""

    def __init__(self, folder: Path, looked: Looked, wishes: Wishes) -> None:
        self.folder = folder
        self._looked = looked
        self.proposal: Proposal = looked.proposal(wishes)

    @property
    def open(self) -> tuple[str, ...]:
        """Questions that nobody may guess the answer of; none is left when it can be written."""
        return self.proposal.open

    # --- change ------------------------------------------------------------------------------------------------------

    def set_zone(self, zone: str | None, event_zone: str | None = None) -> Start:
        """Says whose midnights begin the days, and on which clocks naive instants of events were read, where others.

        Raises NotFound with the nearest name of the IANA tables.
        """
        return self._again(replace(self.proposal.wishes, zone=zone or None, event_zone=event_zone or None))

    def set_role(self, table: str, role: str, column: str | None) -> Start:
        """Gives a column of `users`, `events` or a link a role, such as `time`; None: no column has it."""
        self._table(table)
        roles = {"users": USERS_ROLES, "events": EVENTS_ROLES}.get(table, LINK_ROLES)
        if role not in roles:
            raise SegkitError(f"{table}: no role '{role}'.{nearest(role, roles)} There are: {', '.join(roles)}.")
        return self._again(self.proposal.wishes.with_role(table, role, column))

    def change(self, table: str, column: str, **changes: Any) -> Start:
        """Changes how a column is declared: `type`, `scale`, `name`, `unit`, `category`, `personal` (or "no"), `kept`.

        Raises SegkitError for a column, or something to change, that is not there.
        """
        unknown = [key for key in changes if key not in _CHANGES]
        if unknown:
            raise SegkitError(f"nothing called '{unknown[0]}' to change.{nearest(unknown[0], _CHANGES)}")
        self._table(table).seen.require(column, "a change")
        return self._again(self.proposal.wishes.with_column(table, column, **changes))

    def _table(self, name: str) -> Any:
        tables = {table.role: table for table in self.proposal.tables}
        if name not in tables:
            raise SegkitError(f"no table '{name}'.{nearest(name, tables)} There are: {', '.join(tables)}.")
        return tables[name]

    def _again(self, wishes: Wishes) -> Start:
        self.proposal = self._looked.proposal(wishes)
        return self

    # --- look --------------------------------------------------------------------------------------------------------

    def preview(self, table: str = "events", rows: int = 5) -> Preview:
        """The first rows as the load will understand them, personal data masked."""
        from segkit.api.proposed import understood_rows

        headings, found = understood_rows(self._looked.look, self.proposal, self._table(table), rows)
        return Preview(headings, found)

    def __repr__(self) -> str:
        return proposal_text(self.proposal)

    def _repr_html_(self) -> str:
        return proposal_html(self.proposal)

    # --- go on -------------------------------------------------------------------------------------------------------

    def write(self, *, force: bool = False) -> Written:
        """Writes `segkit.toml`, the vocabulary and a first segment.

        Raises SegkitError while a question is open, and for an app that is there already: `force` replaces it, and
        keeps the old files under another name.
        """
        return write(self.proposal, self.folder, force=force)

    def first_date(self, today: date | None = None) -> date:
        """The date to ask for first: the day after the newest event, at most today in the app's zone."""
        if today is None:
            today = datetime.now(UTC).astimezone(zone_of(self.proposal.zone or "UTC")).date()
        return day_after_newest(self.proposal, today)

    def next_steps(self, segkit: str = "segkit", today: date | None = None) -> tuple[NextStep, ...]:
        """Commands to go on with after `write`, as they can be copied."""
        home, app = Path(os.path.relpath(self.folder)), self.proposal.app
        first = home / "definitions" / app / "first_segment.yaml"
        where = f"-w {shlex.quote(str(home))}" + (f" --app {app}" if self._is_one_of_several() else "")
        as_of = f" --as-of {self.first_date(today)}"
        return (
            NextStep(f"{segkit} load {where}", "brings the data in; run it again whenever there is more"),
            NextStep(f"{segkit} labels {where}", "what rules may ask of a user; `events` what they may have done"),
            NextStep(f"{segkit} estimate {shlex.quote(str(first))} {where}{as_of}", "a first count"),
        )

    def _is_one_of_several(self) -> bool:
        from segkit.data.settings import FILE, read_settings

        return (self.folder / FILE).exists() and len(read_settings(self.folder).apps) > 1

    def workspace(self) -> Workspace:
        """The workspace that was written."""
        from segkit.api.workspace import open_workspace

        return open_workspace(self.folder)

    def close(self) -> None:
        """Frees what was read."""
        self._looked.close()


@dataclass(frozen=True)
class Preview:
    """Rows as text, masked where personal."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def _repr_html_(self) -> str:
        return rows_html(self.headings, self.rows)

    def __repr__(self) -> str:
        return "\n".join("  ".join(row) for row in (self.headings, *self.rows))


def segkit_command() -> str:
    """How the command line was called, so that printed lines can be copied also where segkit is not on the path."""
    return sys.argv[0] if sys.argv[0].endswith("segkit") else "segkit"
