"""A proposal: what each column of a person's files is, and the app that this makes. Nothing here is written yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from segkit.data.proposal.facts import Facts, Moment
from segkit.data.proposal.look import Seen
from segkit.data.proposal.wishes import LEFT_OUT, Wishes
from segkit.definitions.operators import Type
from segkit.definitions.vocabulary import Personal


@dataclass(frozen=True)
class ProposedColumn:
    """One column: its role, and for a label or a parameter how the vocabulary declares it."""

    column: str
    role: str  # uid, time, name, key, known_from, …; "label", "parameter", "linked"; or LEFT_OUT
    code: str
    name: str
    type: Type
    facts: Facts = field(repr=False)
    scale: int | None = None
    unit: str | None = None
    category: str = "Other"
    personal: Personal | None = None
    values: dict[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def is_declared(self) -> bool:
        """Whether the vocabulary speaks of it."""
        return self.role in ("label", "parameter")


@dataclass(frozen=True)
class ProposedTable:
    """One source with its columns. `role` is users, events, or a link's name."""

    role: str
    seen: Seen = field(repr=False)
    columns: tuple[ProposedColumn, ...]
    constant: str | None = None  # the name of all its events

    def in_role(self, role: str) -> ProposedColumn | None:
        """The column that has a role."""
        return next((column for column in self.columns if column.role == role), None)

    def named(self, role: str) -> str | None:
        """The name of the column that has a role."""
        found = self.in_role(role)
        return found.column if found else None

    def column(self, name: str) -> ProposedColumn:
        """The column of that name; it has to be there."""
        return next(column for column in self.columns if column.column == name)

    @property
    def declared(self) -> tuple[ProposedColumn, ...]:
        """Those that the vocabulary speaks of."""
        return tuple(column for column in self.columns if column.is_declared)

    @property
    def left_out(self) -> tuple[ProposedColumn, ...]:
        return tuple(column for column in self.columns if column.role == LEFT_OUT)

    @property
    def moment(self) -> Moment | None:
        """What kind of moments its column of instants holds."""
        found = self.in_role("time")
        return found.facts.moment if found else None


@dataclass(frozen=True)
class ProposedEvent:
    """One event with what it carries, by the codes of parameters."""

    source_name: str
    code: str
    name: str
    category: str
    parameters: tuple[str, ...]
    rows: int
    users: int  # about


@dataclass(frozen=True)
class ProposedDerived:
    """A label that a linked table gives."""

    code: str
    name: str
    type: Type
    category: str
    derived: dict[str, object]  # as the vocabulary has it
    values: dict[str, str] = field(default_factory=dict, repr=False)
    personal: Personal | None = None
    scale: int | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Channel:
    """How a channel is reached: the label with the address, the labels of consent."""

    address: str | None
    consent: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """The whole app as proposed. `open` are questions whose answers nobody may guess; with one of them it cannot be
    written."""

    wishes: Wishes
    users: ProposedTable | None
    events: ProposedTable | None
    links: tuple[ProposedTable, ...]
    event_list: tuple[ProposedEvent, ...]
    derived: tuple[ProposedDerived, ...]
    reach: dict[str, Channel]
    user_count: int
    newest_day: date | None
    open: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def app(self) -> str:
        return self.wishes.app

    @property
    def zone(self) -> str | None:
        return self.wishes.zone

    @property
    def tables(self) -> tuple[ProposedTable, ...]:
        """Users, events, links; those there are."""
        return (*(table for table in (self.users, self.events) if table is not None), *self.links)

    @property
    def has_naive(self) -> bool:
        """Whether some instant does not say its zone."""
        return any(
            (column.facts.moment in ("naive", "day") and column.role == "time")
            or (column.facts.moment == "naive" and column.role != LEFT_OUT)
            for table in self.tables
            for column in table.columns
        )
