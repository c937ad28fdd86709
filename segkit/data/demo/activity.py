"""On which days users open the app, and what they do there besides pairing and shopping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segkit.data.demo import world
from segkit.data.demo.clock import DAY, HOUR, SECOND, Array, Calendar, LocalClocks
from segkit.data.demo.eventlog import EventLog
from segkit.data.demo.people import People, Random

#: How much happens on each weekday, Monday first, for most people and for those who come at weekends.
_WEEK = np.array([[1.04, 0.98, 0.97, 1.0, 1.04, 1.02, 0.95], [0.6, 0.55, 0.55, 0.65, 1.0, 1.9, 1.75]])
#: How much happens in each hour of a working day and of a weekend, on the user's own clock.
_WORKDAY = (3, 2, 1, 1, 2, 7, 20, 34, 26, 17, 15, 16, 20, 18, 16, 18, 26, 40, 55, 62, 58, 44, 26, 10)
_WEEKEND = (6, 4, 2, 1, 1, 3, 7, 15, 28, 40, 45, 44, 42, 38, 36, 36, 38, 42, 46, 50, 48, 38, 26, 13)


@dataclass(frozen=True)
class Scene:
    """Who acts, when, and by which clocks."""

    days: Calendar
    people: People
    clocks: LocalClocks


@dataclass(frozen=True)
class Moments:
    """Users, days and clocks that belong together: one entry each; clocks are microseconds after local midnight."""

    user: Array
    day: Array
    clock: Array

    def where(self, rows: Array) -> Moments:
        return Moments(self.user[rows], self.day[rows], self.clock[rows])

    def instants(self, scene: Scene) -> Array:
        zones = scene.people.zone()[scene.days.state_of(self.day), self.user]
        return scene.clocks.instants(zones, self.day, self.clock)


def active_days(rng: Random, scene: Scene) -> Array:
    """Whether a user opens the app on a day; shape (days, users)."""
    days, people = scene.days, scene.people
    active = np.zeros((days.days, len(people)), dtype=bool)
    every_day = np.arange(days.days)
    crowd = rng.normal(1, 0.03, days.days)
    crowd[days.in_launch(every_day)] *= 1.25
    crowd[days.in_sale(every_day)] *= 1.3
    for day in range(days.days):
        chance = people.keenness * _WEEK[people.weekender.astype(np.int64), days.weekday(np.array(day))] * crowd[day]
        active[day] = rng.random(len(people)) < np.where(day <= people.interest_until, chance, 0)
    newcomers = np.flatnonzero((people.since_day >= 0) & (rng.random(len(people)) < 0.93))
    active[people.since_day[newcomers], newcomers] = True
    return active


def confine(active: Array, scene: Scene) -> None:
    """Takes out what cannot be (before they came, after they left) and what must not be (planted silence)."""
    days, people = scene.days, scene.people
    for day in range(days.days):
        active[day] &= people.present(days, day) & (day <= people.silent_after)
    planted = np.flatnonzero(people.silent_after < days.days)
    active[people.silent_after[planted], planted] = True


def clocks_of_day(rng: Random, days: Calendar, day: Array) -> Array:
    """A time of each day, in microseconds after local midnight, as people keep hours."""
    weekend = days.weekday(day) >= 5
    luck = rng.random(len(day))
    hours = np.where(
        weekend,
        np.searchsorted(world.weights(_WEEKEND), luck, side="right"),
        np.searchsorted(world.weights(_WORKDAY), luck, side="right"),
    )
    return np.minimum(hours, 23) * HOUR + rng.integers(0, HOUR, len(day))


def visits(active: Array) -> Moments:
    """The active days, one entry each, without a clock yet."""
    day, user = np.nonzero(active)
    return Moments(user, day, np.zeros(len(day), dtype=np.int64))


def log_use(rng: Random, log: EventLog, scene: Scene, active: Array) -> None:
    """App use on every active day, and a log-in before some of it."""
    seen = visits(active)
    times = 1 + rng.poisson(0.35 + 2.6 * scene.people.keenness[seen.user])
    each = np.repeat(np.arange(len(times)), times)
    use = Moments(seen.user[each], seen.day[each], clocks_of_day(rng, scene.days, seen.day[each]))
    at = use.instants(scene)
    log.add("app_used", use.user, at)
    logs_in = (rng.random(len(at)) < 0.16) & (scene.people.registered_since[use.user] < at)
    log.add("logged_in", use.user[logs_in], at[logs_in] - rng.integers(2 * SECOND, 20 * SECOND, int(logs_in.sum())))


def log_arrival(rng: Random, log: EventLog, scene: Scene, active: Array) -> None:
    """Registrations, and the first use right after somebody was first seen."""
    days, people = scene.days, scene.people
    new = np.flatnonzero(people.since_day >= 0)
    new = new[active[people.since_day[new], new]]
    log.add("app_used", new, people.since[new] + rng.integers(5 * SECOND, 90 * SECOND, len(new)))
    registered = (people.registered_since >= days.midnights[0]) & (people.registered_since < days.midnights[-1])
    log.add("registered", np.flatnonzero(registered), people.registered_since[registered])


def log_feedback(rng: Random, log: EventLog, scene: Scene, active: Array) -> None:
    """Feedback that has nothing to do with a pairing; some people have much to say."""
    seen = visits(active)
    moments = seen.where(rng.random(len(seen.user)) < 0.017 * scene.people.grumble[seen.user])
    moments = Moments(moments.user, moments.day, clocks_of_day(rng, scene.days, moments.day))
    issues = world.drawn(rng, world.weights((2, 9, 24, 16, 18, 10, 8, 13)), len(moments.user))
    log.add("feedback_submitted", moments.user, moments.instants(scene), issue=issues)


def log_marketing(rng: Random, log: EventLog, scene: Scene, active: Array) -> None:
    """Messages to those who agreed, some opened; who opens one may use the app as well, which `active` then shows."""
    days, people = scene.days, scene.people
    for campaign, day, hour in _mailings(days):
        agreed = people.marketing[days.state_of(np.array(day))] == 1
        users = np.flatnonzero(agreed & _meant(campaign, day, people) & people.present(days, day))
        users = users[rng.random(len(users)) < 0.97]
        clock = hour * HOUR + rng.integers(0, HOUR, len(users))
        at = Moments(users, np.full(len(users), day), clock).instants(scene)
        number = np.full(len(users), world.CAMPAIGNS.index(campaign))
        log.add("marketing_received", users, at, campaign=number)
        opens = rng.random(len(users)) < _chance_to_open(campaign, people, users)
        wait = (SECOND + rng.exponential(5 * HOUR, len(users))).astype(np.int64)
        log.add("marketing_opened", users[opens], (at + wait)[opens], campaign=number[opens])
        comes = np.flatnonzero(opens & (rng.random(len(users)) < 0.45))
        there = day + (clock[comes] + wait[comes]) // DAY
        active[np.minimum(there, days.days - 1), users[comes]] = True


def _mailings(days: Calendar) -> list[tuple[str, int, int]]:
    """Campaign, day and local hour of every mailing."""
    first_tuesday = int((1 - days.start.weekday()) % 7)
    mailings = [("newsletter", day, 10) for day in range(first_tuesday, days.days, 14)]
    mailings += [("hub_launch", days.launch, 9), ("hub_launch", days.launch + 4, 18)]
    mailings += [("spring_sale", days.sale + wave, 17) for wave in (0, 3, 6)]
    mailings += [("win_back", day, 18) for day in (days.days // 3, days.days * 2 // 3, days.days - 12)]
    mailings += [("welcome", day, 11) for day in range(1, days.days)]
    return [mailing for mailing in mailings if 0 <= mailing[1] < days.days]


def _meant(campaign: str, day: int, people: People) -> Array:
    """Whom a campaign is meant for."""
    known_before: Array = people.since_day < day
    if campaign == "welcome":
        return known_before & (people.since_day >= day - 1)
    if campaign == "win_back":
        return known_before & (people.since_day < day - 30) & (people.interest_until < day - 14)
    return known_before


def _chance_to_open(campaign: str, people: People, users: Array) -> Array:
    factor = {"welcome": 2.2, "newsletter": 0.8, "hub_launch": 1.5, "spring_sale": 1.4, "win_back": 0.9}[campaign]
    chance: Array = np.clip(factor * (0.05 + 0.9 * people.keenness[users]), 0, 0.8)
    return chance
