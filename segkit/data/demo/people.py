"""Who the sample's users are: where they live, since when, what they agreed to, how they incline to behave.

Attributes that change are held once a snapshot, in arrays of shape (snapshots, users). Users are in the order of
their registration. Nothing here knows events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segkit.data.demo import world
from segkit.data.demo.clock import DAY, HOUR, NEVER, Array, Calendar, LocalClocks

Random = np.random.Generator
OLDEST = 1_100


@dataclass(frozen=True)
class People:
    """One entry a user in every array; days count from the sample's first day and may be negative."""

    # Where they are; (snapshots, users) for what changes.
    country: Array
    registration_country: Array
    city: Array
    language: Array
    # With what; models are numbers within the platform, lags are days behind a release.
    platform: Array
    model: Array
    system_lag: Array
    app_lag: Array
    # Since when: the instant, its day in the app's zone, and the instant from which they are registered, not visitors.
    since: Array
    since_day: Array
    registered_since: Array
    # Until when: the day from whose start they are gone, and the snapshot that shows them back.
    gone_day: Array
    back_snapshot: Array
    #: Snapshot that first shows them, for those whom the export held back; 0 for all others.
    held_until: Array
    #: Last day of use, for users planted to be silent since; NEVER for all others.
    silent_after: Array
    # What they agreed to; 1 yes, 0 no, -1 unknown; (snapshots, users).
    marketing: Array
    consent_email: Array
    consent_sms: Array
    consent_push: Array
    # How they incline: chance of a day with use, last day before they lose interest, and factors around 1.
    keenness: Array
    interest_until: Array
    weekender: Array
    trouble: Array
    thrift: Array
    grumble: Array

    def __len__(self) -> int:
        return len(self.country)

    def zone(self) -> Array:
        """Number of the zone they live in; (snapshots, users)."""
        return _zone_of_city()[self.city]

    def is_registered(self, days: Calendar) -> Array:
        """Whether a snapshot shows them as registered; (snapshots, users)."""
        return self.registered_since[None, :] < days.midnights[days.snapshots][:, None]

    def present(self, days: Calendar, day: int) -> Array:
        """Who may act on a day: registered or first seen by then, not gone, or back."""
        back_day = np.append(days.snapshots, NEVER)[self.back_snapshot]
        return (self.since_day <= day) & ((day < self.gone_day) | (day >= back_day))


def _zone_of_city() -> Array:
    numbers = {name: n for n, name in enumerate(world.zones())}
    return np.array([numbers[place.zone] for place in world.places()])


def draw_people(rng: Random, days: Calendar, clocks: LocalClocks, size: int) -> People:
    """`size` users, without the special cases that `quirks` plants."""
    country = world.drawn(rng, world.weights([c.weight for c in world.countries()]), size)
    home = _city_in(rng, country)
    since = _since(rng, days, clocks, _zone_of_city()[home])
    order = np.argsort(since, kind="stable")
    country, home, since = country[order], home[order], since[order]
    since_day = np.where(since < days.midnights[0], (since - days.midnights[0]) // DAY, days.day_of(since))
    platform, model = _phones(rng, days, country)
    registered_since = _registered_since(rng, days, since)
    trouble = np.where(rng.random(size) < 0.11, 0.42, rng.uniform(0.92, 1.04, size))
    interest_until = _interest_until(rng, since_day, trouble)
    marketing, email, sms, push = _consents(rng, days, registered_since)
    never = np.full(size, NEVER)
    return People(
        country=country,
        registration_country=np.where(rng.random(size) < 0.04, rng.permutation(country), country),
        city=_moves(rng, days, country, home),
        language=_languages(rng, country),
        platform=platform,
        model=model,
        system_lag=(rng.exponential(30, size) * np.where(platform[0] == 0, 1, 12)).astype(np.int64),
        app_lag=(rng.exponential(9, size) * np.where(rng.random(size) < 0.12, 9, 1)).astype(np.int64),
        since=since,
        since_day=since_day,
        registered_since=registered_since,
        gone_day=_gone_day(rng, days, interest_until),
        back_snapshot=np.full(size, len(days.snapshots)),
        held_until=np.zeros(size, dtype=np.int64),
        silent_after=never,
        marketing=marketing,
        consent_email=email,
        consent_sms=sms,
        consent_push=push,
        keenness=np.minimum(0.96, np.exp(rng.normal(np.log(0.078), 1.25, size))),
        interest_until=interest_until,
        weekender=rng.random(size) < 0.3,
        trouble=trouble,
        thrift=np.minimum(8.0, np.exp(rng.normal(-0.5, 1.0, size))),
        grumble=rng.gamma(0.35, 1 / 0.35, size),
    )


def _city_in(rng: Random, country: Array) -> Array:
    """A city of each user's country."""
    of_country = np.array([place.country for place in world.places()])
    share = np.array([place.weight for place in world.places()])
    cities = np.empty(len(country), dtype=np.int64)
    for number in range(len(world.countries())):
        there = np.flatnonzero(of_country == number)
        who = np.flatnonzero(country == number)
        cities[who] = there[world.drawn(rng, world.weights(share[there]), len(who))]
    return cities


def _since(rng: Random, days: Calendar, clocks: LocalClocks, zones: Array) -> Array:
    """When they were first seen: most before the sample, more and more of them, with two crowded weeks."""
    size = len(zones)
    new = rng.random(size) < min(0.5, 0.22 * days.days / 120)
    every_day = np.arange(days.days)
    crowd = 1 + 0.006 * every_day
    crowd[days.in_launch(every_day)] *= 3
    crowd[days.in_sale(every_day)] *= 1.7
    crowd *= np.where(days.weekday(every_day) >= 5, 1.25, 1.0)
    clock = (rng.beta(3.2, 2.2, size) * DAY).astype(np.int64)
    recent = clocks.instants(zones, world.drawn(rng, world.weights(crowd), size), clock)
    recent = np.clip(recent, days.midnights[0], days.midnights[-1] - HOUR - rng.integers(0, HOUR, size))
    before = (OLDEST * DAY * (1 - np.sqrt(rng.random(size)))).astype(np.int64)
    return np.where(new, recent, days.midnights[0] - 1 - before)


def _registered_since(rng: Random, days: Calendar, since: Array) -> Array:
    """Most register at once; some stay visitors, a few of whom register later, inside the sample."""
    size = len(since)
    visitor = rng.random(size) < 0.13
    converts = rng.random(size) < 0.25
    first = np.maximum(since, days.midnights[0]) + HOUR
    later = first + (rng.random(size) * (days.midnights[-1] - first)).astype(np.int64)
    never = days.midnights[-1] + NEVER * DAY
    return np.where(visitor, np.where(converts & (later < days.midnights[-1]), later, never), since)


def _interest_until(rng: Random, since_day: Array, trouble: Array) -> Array:
    """The last day on which they care: early for some, sooner where pairing keeps failing."""
    size = len(since_day)
    lasting = rng.exponential(1.0, size) * np.where(trouble < 0.5, 110, 300)
    lasting[rng.random(size) < 0.12] = 1
    # Who was there before the sample either lost interest before it, or has as much of it left as anyone.
    lost_before = (since_day < 0) & (rng.random(size) < 0.26)
    return np.where(lost_before, -1, np.maximum(since_day, 0) + lasting.astype(np.int64))


def _gone_day(rng: Random, days: Calendar, interest_until: Array) -> Array:
    """Some of those who lost interest close their account, days or weeks later."""
    size = len(interest_until)
    lost = interest_until < days.days
    waits = np.where(interest_until < 0, rng.uniform(0, 2.5 * days.days, size), rng.exponential(25, size))
    gone = np.maximum(interest_until, 0) + 2 + waits.astype(np.int64)
    return np.where(lost & (rng.random(size) < 0.09) & (gone <= days.days), gone, NEVER)


def _phones(rng: Random, days: Calendar, country: Array) -> tuple[Array, Array]:
    """Platform and model in each snapshot; a few users change their phone between two."""
    size = len(country)
    platform = np.empty((len(days.snapshots), size), dtype=np.int64)
    model = np.empty_like(platform)
    for state, gap in enumerate(_gaps(days)):
        new_platform, new_model = _phone(rng, country)
        if state:
            keeps = rng.random(size) >= 0.0004 * gap
            new_platform = np.where(keeps, platform[state - 1], new_platform)
            new_model = np.where(keeps, model[state - 1], new_model)
        platform[state], model[state] = new_platform, new_model
    return platform, model


def _phone(rng: Random, country: Array) -> tuple[Array, Array]:
    shares = np.array([np.cumsum(c.platforms) for c in world.countries()])
    luck = rng.random(len(country))
    platform = np.minimum((luck[:, None] >= shares[country]).sum(axis=1), 2)
    model = np.empty(len(country), dtype=np.int64)
    for number, models in enumerate(world.MODELS):
        who = np.flatnonzero(platform == number)
        model[who] = world.drawn(rng, world.weights([share for _, share, _ in models]), len(who))
    return platform, model


def _moves(rng: Random, days: Calendar, country: Array, home: Array) -> Array:
    """City in each snapshot; a few users move within their country."""
    cities = np.empty((len(days.snapshots), len(home)), dtype=np.int64)
    cities[0] = home
    for state, gap in enumerate(_gaps(days)[1:], start=1):
        moves = np.flatnonzero(rng.random(len(home)) < 0.00025 * gap)
        cities[state] = cities[state - 1]
        cities[state, moves] = _city_in(rng, country[moves])
    return cities


def _languages(rng: Random, country: Array) -> Array:
    """Number of the app's language; -1 for the few whose language is unknown."""
    numbers = {code: n for n, code in enumerate(world.languages())}
    chosen = np.empty(len(country), dtype=np.int64)
    for number, there in enumerate(world.countries()):
        who = np.flatnonzero(country == number)
        codes = np.array([numbers[code] for code, _ in there.languages])
        chosen[who] = codes[world.drawn(rng, world.weights([share for _, share in there.languages]), len(who))]
    chosen[rng.random(len(country)) < 0.01] = -1
    return chosen


def _consents(rng: Random, days: Calendar, registered_since: Array) -> tuple[Array, Array, Array, Array]:
    """Marketing consent and the channels, which hold only under it; people change their minds."""
    registered = registered_since < days.midnights[days.snapshots][:, None]
    asked_at_registration = np.where(registered, 0.58, 0.04)
    marketing = _opinion(rng, days, len(registered_since)) < asked_at_registration
    channels = [marketing & (_opinion(rng, days, len(registered_since)) < share) for share in (0.82, 0.5, 0.66)]
    unknown = rng.random(len(registered_since)) < 0.015
    unsaid = rng.random(len(registered_since)) < 0.02
    consents = [np.where(unknown, -1, marketing.astype(np.int8))]
    consents += [np.where(unknown | unsaid, -1, channel.astype(np.int8)) for channel in channels]
    return consents[0], consents[1], consents[2], consents[3]


def _opinion(rng: Random, days: Calendar, size: int) -> Array:
    """A number in [0, 1) a user, drawn anew for a few users between two snapshots."""
    opinions = np.empty((len(days.snapshots), size))
    opinions[0] = rng.random(size)
    for state, gap in enumerate(_gaps(days)[1:], start=1):
        changes = rng.random(size) < 0.0012 * gap
        opinions[state] = np.where(changes, rng.random(size), opinions[state - 1])
    return opinions


def _gaps(days: Calendar) -> Array:
    """Days between each snapshot and the one before it."""
    return np.diff(days.snapshots, prepend=0)
