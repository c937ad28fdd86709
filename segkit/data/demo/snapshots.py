"""The users table as it was on each data date: every label that is a column, with the values that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from segkit.data.demo import world
from segkit.data.demo.clock import Array, Calendar
from segkit.data.demo.eventlog import Events
from segkit.data.demo.mall import Shopping
from segkit.data.demo.people import People, Random
from segkit.data.demo.tables import dates, numbers, truths, words


@dataclass(frozen=True)
class Use:
    """What the events say of app use as of each snapshot; shape (snapshots, users). `last_day` is -1 for never."""

    last_day: Array
    days_of_30: Array


def use_as_of_snapshots(days: Calendar, people: People, events: Events) -> Use:
    """Last day of use and days of use among the last 30, in the app's local days, counted from the events."""
    used = np.zeros((days.days, len(people)), dtype=bool)
    use = events.named("app_used")
    known = use.user < len(people)
    used[days.day_of(use.at[known]), use.user[known]] = True
    last_day = np.full((len(days.snapshots), len(people)), -1)
    days_of_30 = np.zeros_like(last_day)
    for state, until in enumerate(days.snapshots):
        seen = used[:until]
        if until:
            last_day[state] = np.where(seen.any(axis=0), until - 1 - seen[::-1].argmax(axis=0), -1)
        days_of_30[state] = seen[max(0, until - 30) :].sum(axis=0)
    return Use(last_day, days_of_30)


def uids(size: int) -> list[str]:
    """`u0000001`, `u0000002`, …"""
    return [f"u{number:07d}" for number in range(1, size + 1)]


@dataclass(frozen=True)
class Contacts:
    """Made-up addresses, one entry a user, and what the app was never told; contacts are None where there is none."""

    email: Array
    mobile: Array
    province: Array
    city_unknown: Array
    since_unknown: Array
    amount_broken: Array
    orders_unknown: Array


def contacts(rng: Random, days: Calendar, people: People) -> Contacts:
    """Contacts of everybody, each address once; which users lack what."""
    size = len(people)
    luck = rng.random(size)
    province = np.where(luck < 0.07, -1, np.where(luck < 0.075, 0, 1))
    few = max(3, size // 400)
    return Contacts(
        email=_only_where(rng.random(size) >= 0.06, _emails(rng, size)),
        mobile=_mobiles(rng, people),
        province=province,
        city_unknown=(luck < 0.07) | (rng.random(size) < 0.05),
        since_unknown=(people.held_until > 0) | ((people.since < days.midnights[0]) & (rng.random(size) < 0.01)),
        amount_broken=_few(rng, size, few),
        orders_unknown=_few(rng, size, few),
    )


def _only_where(known: Array, values: Array) -> Array:
    found = values.copy()
    found[~known] = None
    return found


def _few(rng: Random, size: int, count: int) -> Array:
    chosen = np.zeros(size, dtype=bool)
    chosen[rng.choice(size, min(count, size), replace=False)] = True
    return chosen


def _emails(rng: Random, size: int) -> Array:
    """Addresses under the three domains that are kept for examples."""
    firsts, lasts, ends = world.names("first"), world.names("last"), ("com", "org", "net")
    chosen = zip(*(rng.integers(0, len(pool), size).tolist() for pool in (firsts, lasts, ends)), strict=True)
    made = [f"{firsts[f]}.{lasts[s]}{n}@example.{ends[e]}" for n, (f, s, e) in enumerate(chosen, start=1)]
    return np.array(made, dtype=object)


def _mobiles(rng: Random, people: People) -> Array:
    """Numbers that regulators keep for fiction, each given to one user."""
    mobiles = np.full(len(people), None, dtype=object)
    codes = [country.code for country in world.countries()]
    for code, free in world.fictional_numbers().items():
        wants = np.flatnonzero((people.country == codes.index(code)) & (rng.random(len(people)) < 0.78))
        wants = rng.permutation(wants)[: len(free)]
        mobiles[wants] = np.array(free, dtype=object)[rng.permutation(len(free))[: len(wants)]]
    return mobiles


def user_tables(days: Calendar, people: People, known: Contacts, use: Use, bought: Shopping) -> Iterator[pa.Table]:
    """The users table of every snapshot, in the order of their dates."""
    registered = people.is_registered(days)
    names = pa.array(uids(len(people)), pa.string())
    for state, until in enumerate(days.snapshots):
        shown = np.flatnonzero((people.since_day < until) & (people.held_until <= state))
        columns: dict[str, Any] = {"user_id": names.take(pa.array(shown))}
        columns |= _where_and_who(days, people, known, registered[state], state, shown)
        columns |= _agreed(people, known, registered[state], state, shown)
        columns |= _did(days, known, use, bought, registered[state], state, shown)
        columns |= _presence(days, people, known, state, shown)
        yield pa.table(columns)


def _values(of: str) -> Sequence[str]:
    found: Sequence[str] = [getattr(place, of) for place in world.places()]
    return found


def _where_and_who(
    days: Calendar, people: People, known: Contacts, registered: Array, state: int, shown: Array
) -> dict[str, Any]:
    city, country = people.city[state, shown], people.country[shown]
    codes = [c.code for c in world.countries()]
    told = known.province[shown]
    later = registered & (people.registered_since > people.since)
    registered_day = np.where(later, days.day_of(people.registered_since), people.since_day)[shown]
    return {
        "country": words(country, codes),
        "province": words(np.where(told > 0, city + 1, told), ["", *_values("province")]),
        "city": words(np.where(known.city_unknown[shown], -1, city), _values("city")),
        "continent": words(country, [c.continent for c in world.countries()]),
        "registration_country": words(people.registration_country[shown], codes),
        "user_type": words(registered[shown].astype(np.int64), ("visitor", "registered")),
        "platform": words(people.platform[state, shown], world.PLATFORMS),
        "language": words(people.language[shown], world.languages()),
        "registered_at": dates(days.epoch_day(registered_day)),
    }


def _agreed(people: People, known: Contacts, registered: Array, state: int, shown: Array) -> dict[str, Any]:
    told = registered[shown]
    return {
        "marketing_consent": truths(people.marketing[state, shown]),
        "consent_email": truths(people.consent_email[state, shown]),
        "consent_sms": truths(people.consent_sms[state, shown]),
        "consent_push": truths(people.consent_push[state, shown]),
        "email": pa.array(_only_where(told, known.email[shown]), pa.string()),
        "mobile": pa.array(_only_where(told, known.mobile[shown]), pa.string()),
    }


def _did(
    days: Calendar, known: Contacts, use: Use, bought: Shopping, registered: Array, state: int, shown: Array
) -> dict[str, Any]:
    last_day, days_of_30 = use.last_day[state, shown], use.days_of_30[state, shown]
    orders, amount = bought.orders[state, shown], bought.cents[state, shown] / 100
    points = days_of_30 + 2 * orders + amount / 100
    level = np.searchsorted([4, 12, 30], points, side="right")
    return {
        "user_level": words(np.where(registered[shown], level, -1), world.LEVELS),
        "last_active_day": dates(days.epoch_day(last_day), last_day < 0),
        "active_days_30": numbers(days_of_30.astype(np.int32)),
        "orders": numbers(orders.astype(np.int32), known.orders_unknown[shown]),
        "amount_spent": numbers(np.where(known.amount_broken[shown], np.nan, amount)),
        "favourite_category": words(bought.favourite[state, shown], world.CATEGORIES),
    }


def _presence(days: Calendar, people: People, known: Contacts, state: int, shown: Array) -> dict[str, Any]:
    """`known_from`: the first day that began with the user known. `gone_at`: the first that began without them."""
    gone = people.gone_day[shown]
    hidden = (gone > days.snapshots[state]) | (people.back_snapshot[shown] <= state)
    return {
        "known_from": dates(days.epoch_day(people.since_day[shown] + 1), known.since_unknown[shown]),
        "gone_at": dates(days.epoch_day(np.where(hidden, 0, gone)), hidden),
    }
