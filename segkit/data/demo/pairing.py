"""Pairing: attempts, how they end, the feedback that follows, and the devices that users own because of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segkit.data.demo import world
from segkit.data.demo.activity import Moments, Scene, clocks_of_day, visits
from segkit.data.demo.clock import DAY, HOUR, SECOND, Array, Calendar
from segkit.data.demo.eventlog import EventLog, Events
from segkit.data.demo.people import People, Random

MOST_ATTEMPTS = 4


@dataclass(frozen=True)
class Devices:
    """Devices that were ever bound, in the order of their binding. `unbound_at` is -1 while a device is bound."""

    user: Array
    product: Array
    bound_at: Array
    unbound_at: Array

    def __len__(self) -> int:
        return len(self.user)


def earlier_devices(rng: Random, days: Calendar, people: People) -> Devices:
    """What users own from before the sample."""
    before = people.since < days.midnights[0] - DAY
    owns = before & (rng.random(len(people)) < np.where(people.registered_since <= people.since, 0.8, 0.06))
    count = np.where(owns, rng.geometric(0.36, len(people)), 0)
    user = np.repeat(np.arange(len(people)), count)
    first = np.arange(len(user)) == np.repeat(np.cumsum(count) - count, count)
    product = _products(rng, len(user))
    # Who owns several devices began with a gateway more often than not.
    hub = first & (count[user] >= 3) & (rng.random(len(user)) < 0.5)
    product[hub] = 0
    waits = np.where(first, rng.exponential(0.05, len(user)), rng.random(len(user)))
    room = days.midnights[0] - people.since[user]
    bound_at = people.since[user] + (np.minimum(waits, 0.999) * room).astype(np.int64)
    return Devices(user, product, bound_at, _unbound(rng, days, people, user, bound_at))


def _unbound(rng: Random, days: Calendar, people: People, user: Array, bound_at: Array) -> Array:
    """A few devices are given back or away; more of those that were trouble."""
    gives_up = rng.random(len(user)) < np.where(people.trouble[user] < 0.5, 0.14, 0.06)
    leaves = people.gone_day[user] <= days.days
    left = days.midnights[np.minimum(people.gone_day[user], days.days)] - HOUR
    given = bound_at + (rng.random(len(user)) * (days.midnights[-1] - bound_at)).astype(np.int64)
    unbound = np.where(gives_up, given, -1)
    return np.where(leaves & (left > bound_at) & ((unbound < 0) | (unbound > left)), left, unbound)


def _products(rng: Random, size: int) -> Array:
    return world.drawn(rng, world.weights([product.weight for product in world.products()]), size)


def log_pairing(rng: Random, log: EventLog, scene: Scene, active: Array) -> None:
    """Attempts to pair, one after the other until one succeeds or the user gives up and, perhaps, complains."""
    sessions = _sessions(rng, scene, active)
    at = sessions.instants(scene)
    # Nobody pairs before he is there; newcomers begin minutes after they registered.
    at = np.maximum(at, scene.people.since[sessions.user] + rng.integers(120 * SECOND, 2_400 * SECOND, len(at)))
    product = _products(rng, len(at))
    launched = (sessions.day >= scene.days.launch) & (rng.random(len(at)) < 0.16)
    product[launched] = [p.name for p in world.products()].index("Hub Pro")
    chance = _chance(scene, sessions, product)
    user = sessions.user
    for _ in range(MOST_ATTEMPTS):
        ended, outcome = _attempt(rng, log, user, at, product, chance)
        failed = outcome > 1
        again = failed & (rng.random(len(user)) < 0.68)
        resigned = failed & ~again
        _complain(rng, log, user[resigned], ended[resigned], outcome[resigned])
        at = (ended + (15 + rng.exponential(100, len(user))) * SECOND).astype(np.int64)
        user, at, product, chance = (found[again] for found in (user, at, product, chance))


def _attempt(rng: Random, log: EventLog, user: Array, at: Array, product: Array, chance: Array) -> tuple[Array, Array]:
    """Logs a start and its end; returns when it ended and how: 1 succeeded, 2 failed, 3 timed out."""
    kind = np.array([p.pairing_type for p in world.products()])[product]
    log.add("pairing_starts", user, at, product=product, pairing_type=kind)
    outcome = np.where(rng.random(len(user)) < 0.35, 3, 2)
    outcome[rng.random(len(user)) < chance] = 1
    ended = at + _duration(rng, outcome)
    log.add(world.EVENT["pairing_starts"] + outcome, user, ended, product=product, pairing_type=kind)
    return ended, outcome


def _sessions(rng: Random, scene: Scene, active: Array) -> Moments:
    """Days on which somebody sets out to pair something: newcomers, buyers of new devices, the launch week."""
    days, people, seen = scene.days, scene.people, visits(active)
    crowd = np.where((seen.day >= days.launch) & (seen.day < days.launch + 10), 1.9, 1.0)
    pairs = rng.random(len(seen.user)) < 0.034 * crowd
    pairs |= (people.since_day[seen.user] == seen.day) & (rng.random(len(seen.user)) < 0.62)
    pairs &= people.registered_since[seen.user] < days.midnights[np.minimum(seen.day + 1, days.days)]
    times = np.where(pairs, 1 + rng.poisson(0.45, len(pairs)), 0)
    each = np.repeat(np.arange(len(times)), times)
    return Moments(seen.user[each], seen.day[each], clocks_of_day(rng, days, seen.day[each]))


def _chance(scene: Scene, sessions: Moments, product: Array) -> Array:
    """Chance that one attempt succeeds: by product, phone, the app's release, and the home's Wi-Fi."""
    people, user = scene.people, sessions.user
    state = scene.days.state_of(sessions.day)
    widest = max(len(models) for models in world.MODELS)
    by_phone = np.array([[f for _, _, f in models] + [1.0] * (widest - len(models)) for models in world.MODELS])
    by_release = np.array([factor for *_, factor in world.APP_RELEASES])
    chance: Array = np.array([p.success for p in world.products()])[product]
    chance = chance * by_phone[people.platform[state, user], people.model[state, user]]
    chance *= by_release[app_release(scene.days, people, user, sessions.day)] * people.trouble[user]
    return np.clip(chance, 0.02, 0.98)


def app_release(days: Calendar, people: People, user: Array, day: Array) -> Array:
    """Number of the app's release that a user has on a day."""
    out = np.array([days.launch + after for _, after, _ in world.APP_RELEASES])
    return np.maximum(np.searchsorted(out, day - people.app_lag[user], side="right") - 1, 0)


def _duration(rng: Random, outcome: Array) -> Array:
    """Microseconds from start to end; a time-out takes two minutes."""
    quick = (8 + rng.exponential(14, len(outcome))) * SECOND
    return np.where(outcome == 3, 120 * SECOND, np.minimum(quick, 115 * SECOND)).astype(np.int64)


def _complain(rng: Random, log: EventLog, user: Array, at: Array, outcome: Array) -> None:
    says = rng.random(len(user)) < 0.4
    wait = (60 + rng.exponential(5_400, len(user))) * SECOND
    issue = np.where(outcome == 3, world.ISSUES.index("connection"), world.ISSUES.index("pairing"))
    log.add("feedback_submitted", user[says], (at + wait.astype(np.int64))[says], issue=issue[says])


def all_devices(rng: Random, days: Calendar, people: People, earlier: Devices, events: Events) -> Devices:
    """Earlier devices and one for every pairing that succeeded."""
    paired = events.named("pairing_succeeds")
    known = paired.where(paired.user < len(people))
    unbound = _unbound(rng, days, people, known.user, known.at)
    return Devices(
        np.concatenate([earlier.user, known.user]),
        np.concatenate([earlier.product, known.parameters["product"]]),
        np.concatenate([earlier.bound_at, known.at]),
        np.concatenate([earlier.unbound_at, unbound]),
    )
