"""The special cases that real data holds: planted users, events of strangers, late events, events that come twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segkit.data.demo import world
from segkit.data.demo.clock import NEVER, SECOND, Array, Calendar
from segkit.data.demo.eventlog import Events
from segkit.data.demo.pairing import Devices
from segkit.data.demo.people import People, Random

#: Days of silence, as of the sample's last day, that some owners of devices have exactly.
SILENCES = (7, 8, 29, 30, 31)


def plant(rng: Random, days: Calendar, people: People, devices: Devices) -> None:
    """Turns a few ordinary users into special cases, in place."""
    ordinary = people.gone_day == NEVER
    ordinary &= people.registered_since <= people.since
    silent = _plant_silence(rng, days, people, devices, ordinary)
    ordinary[silent] = False
    returning = _plant_return(rng, days, people, ordinary)
    ordinary[returning] = False
    newcomers = ordinary & (people.since_day >= days.days // 6) & (people.since_day < days.days - 25)
    held = _some(rng, newcomers, max(3, len(people) // 5_000))
    people.held_until[held] = len(days.snapshots) - 1


def _some(rng: Random, candidates: Array, count: int) -> Array:
    found = np.flatnonzero(candidates)
    return np.sort(rng.choice(found, min(count, len(found)), replace=False))


def _plant_silence(rng: Random, days: Calendar, people: People, devices: Devices, ordinary: Array) -> Array:
    """Owners in the app's own zone who agreed to marketing and last used the app exactly so many days ago."""
    at_home = np.array([place.zone == "Europe/Berlin" for place in world.places()])[people.city].all(axis=0)
    owns = np.zeros(len(people), dtype=bool)
    owns[devices.user[devices.unbound_at < 0]] = True
    share = max(3, len(people) // 2_500)
    chosen = _some(rng, ordinary & at_home & owns & (people.since_day < -30), share * len(SILENCES))
    silence = np.array(SILENCES)[np.arange(len(chosen)) % len(SILENCES)]
    people.silent_after[chosen] = days.days - silence
    for consent in (people.marketing, people.consent_email, people.consent_sms, people.consent_push):
        consent[:, chosen] = 1
    return chosen


def _plant_return(rng: Random, days: Calendar, people: People, ordinary: Array) -> Array:
    """Users who were gone in the second snapshot and are back, active, in the third."""
    chosen = _some(rng, ordinary & (people.since_day < -30), max(3, len(people) // 3_000))
    first, last = int(days.snapshots[0]) + 5, int(days.snapshots[1])
    people.gone_day[chosen] = rng.integers(first, last + 1, len(chosen))
    people.back_snapshot[chosen] = 2
    people.interest_until[chosen] = NEVER
    people.keenness[chosen] = np.maximum(people.keenness[chosen], 0.3)
    return chosen


def with_strangers(rng: Random, events: Events, people: People) -> Events:
    """Adds events of users that no snapshot ever holds; their numbers begin after the last user's."""
    strangers = max(4, len(people) // 4_000)
    rows = np.sort(rng.choice(len(events), max(12, len(events) // 4_000), replace=False))
    strange = events.where(rows)
    at = np.concatenate([events.at, strange.at])
    order = np.argsort(at, kind="stable")
    return Events(
        at[order],
        np.concatenate([events.user, len(people) + rng.integers(0, strangers, len(rows))])[order],
        np.concatenate([events.event, strange.event])[order],
        {name: np.concatenate([column, strange.parameters[name]])[order] for name, column in events.parameters.items()},
    )


@dataclass(frozen=True)
class Arrivals:
    """Which rows arrive with their month, and what arrives later; `late` and `repeated` are row numbers."""

    on_time: Array
    late: Array
    repeated: Array
    #: Instants of the repeated rows: most are exact copies, a few say seconds later.
    repeated_at: Array


def arrivals(rng: Random, days: Calendar, events: Events) -> Arrivals:
    """Some events arrive late, in a file of their own, in which some others stand again under the same key."""
    old = days.day_of(events.at) < days.days - 3
    luck = rng.random(len(events))
    late = old & (luck < 0.006)
    repeated = np.flatnonzero(old & (luck >= 0.006) & (luck < 0.009))
    shifted = np.where(rng.random(len(repeated)) < 0.15, rng.integers(1, 30, len(repeated)) * SECOND, 0)
    return Arrivals(np.flatnonzero(~late), np.flatnonzero(late), repeated, events.at[repeated] + shifted)
