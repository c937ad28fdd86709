"""The sample's events as columns of small numbers, while they are being made. Knows no file and no text."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from segkit.data.demo import world
from segkit.data.demo.clock import NEVER, Array, Calendar
from segkit.data.demo.people import People

#: Parameters of some events only: column and its type; -1 is a missing value.
PARAMETERS = {
    "pairing_type": np.int8,
    "product": np.int8,
    "issue": np.int8,
    "campaign": np.int8,
    "category": np.int8,
    "cents": np.int32,
}


@dataclass(frozen=True)
class Events:
    """Events in the order of their instants. `user` at or above the number of users is nobody that the app knows."""

    at: Array
    user: Array
    event: Array
    parameters: dict[str, Array]

    def __len__(self) -> int:
        return len(self.at)

    def where(self, rows: Array) -> Events:
        """The events that a mask or a list of row numbers names."""
        chosen = {name: column[rows] for name, column in self.parameters.items()}
        return Events(self.at[rows], self.user[rows], self.event[rows], chosen)

    def named(self, name: str) -> Events:
        """The events of one name."""
        return self.where(self.event == world.EVENT[name])


@dataclass
class EventLog:
    """Collects events in any order."""

    _at: list[Array] = field(default_factory=list)
    _user: list[Array] = field(default_factory=list)
    _event: list[Array] = field(default_factory=list)
    _parameters: dict[str, list[Array]] = field(default_factory=lambda: {name: [] for name in PARAMETERS})

    def add(self, event: str | Array, user: Array, at: Array, **parameters: Array) -> None:
        """Events of one name, or of a number of a name each, with what parameters they carry."""
        numbers = np.full(len(user), world.EVENT[event]) if isinstance(event, str) else event
        self._event.append(numbers.astype(np.int8))
        self._user.append(user.astype(np.int32))
        self._at.append(at)
        for name, kind in PARAMETERS.items():
            values = parameters.get(name)
            self._parameters[name].append(np.full(len(user), -1, dtype=kind) if values is None else values.astype(kind))

    def finished(self, days: Calendar, people: People) -> Events:
        """All that happened inside the sample while its user was there, in the order of the instants."""
        everything = Events(
            np.concatenate(self._at),
            np.concatenate(self._user),
            np.concatenate(self._event),
            {name: np.concatenate(chunks) for name, chunks in self._parameters.items()},
        )
        kept = np.flatnonzero(_happened(everything, days, people))
        return everything.where(kept[np.argsort(everything.at[kept], kind="stable")])


def _happened(events: Events, days: Calendar, people: People) -> Array:
    inside = (events.at >= days.midnights[0]) & (events.at < days.midnights[-1])
    ends = np.append(days.midnights, np.iinfo(np.int64).max)
    gone = ends[np.minimum(people.gone_day, len(days.midnights))]
    back = ends[np.minimum(np.append(days.snapshots, NEVER)[people.back_snapshot], len(days.midnights))]
    there = (events.at < gone[events.user]) | (events.at >= back[events.user])
    happened: Array = inside & there & (events.at >= people.since[events.user])
    return happened
