"""The in-app mall: what users look at and buy, and what they had spent by each snapshot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segkit.data.demo import world
from segkit.data.demo.activity import Moments, Scene, clocks_of_day, visits
from segkit.data.demo.clock import SECOND, Array, Calendar
from segkit.data.demo.eventlog import EventLog, Events
from segkit.data.demo.people import People, Random

#: How often each category is looked at, and what an order in it usually costs.
_INTEREST = (9, 20, 17, 12, 10, 14, 4, 8, 6)
_PRICE = (62.0, 28.0, 85.0, 31.0, 70.0, 26.0, 180.0, 240.0, 36.0)
_SPREAD = 0.55


@dataclass(frozen=True)
class Shopping:
    """What each snapshot shows; shape (snapshots, users). `favourite` is -1 for who bought nothing."""

    orders: Array
    cents: Array
    favourite: Array


def log_mall(rng: Random, log: EventLog, scene: Scene, active: Array) -> None:
    """Visits to the mall: browse, mark as favourite, put into the cart, pay; one strictly after the other."""
    people, sessions = scene.people, _sessions(rng, scene, active)
    at, user, size = sessions.instants(scene), sessions.user, len(sessions.user)
    at = np.maximum(at, people.since[user] + 60 * SECOND)
    category = world.drawn(rng, world.weights(_INTEREST), size)
    looks = 1 + rng.poisson(1.7, size)
    for look in range(int(looks.max(initial=0))):
        browsing = looks > look
        log.add("product_browsed", user[browsing], at[browsing], category=category[browsing])
        at[browsing] += _pause(rng, 45, int(browsing.sum()))
    likes = rng.random(size) < 0.11
    log.add("added_to_favourites", user[likes], at[likes], category=category[likes])
    at += _pause(rng, 30, size)
    carts = rng.random(size) < 0.27
    log.add("added_to_cart", user[carts], at[carts], category=category[carts])
    at += _pause(rng, 150, size)
    pays = carts & (rng.random(size) < 0.44) & (people.registered_since[user] < at)
    cents = _cents(rng, category[pays], scene.days.in_sale(sessions.day[pays]))
    log.add("order_paid", user[pays], at[pays], category=category[pays], cents=cents)


def _sessions(rng: Random, scene: Scene, active: Array) -> Moments:
    days, people, seen = scene.days, scene.people, visits(active)
    crowd = np.where(days.in_sale(seen.day), 2.2, 1.0)
    shops = seen.where(rng.random(len(seen.user)) < np.minimum(0.7, 0.105 * people.thrift[seen.user] * crowd))
    return Moments(shops.user, shops.day, clocks_of_day(rng, days, shops.day))


def _pause(rng: Random, seconds: int, size: int) -> Array:
    return (2 * SECOND + rng.exponential(seconds, size) * SECOND).astype(np.int64)


def _cents(rng: Random, category: Array, on_sale: Array) -> Array:
    """Amounts in cents: long-tailed, with the rare large order of who fits out a whole house."""
    size = len(category)
    amount = np.array(_PRICE)[category] * np.exp(rng.normal(0, _SPREAD, size))
    amount *= np.where(rng.random(size) < 0.012, rng.uniform(5, 25, size), 1)
    amount *= np.where(on_sale, 0.85, 1)
    return np.maximum(100, np.round(amount * 100)).astype(np.int64)


def shopping(rng: Random, days: Calendar, people: People, events: Events) -> Shopping:
    """Orders, amount and favourite category as of each snapshot: what was bought before the sample and since."""
    paid = events.named("order_paid")
    paid = paid.where(paid.user < len(people))
    state = days.state_of(days.day_of(paid.at))
    kinds, states, size = len(world.CATEGORIES), len(days.snapshots), len(people)
    orders = np.zeros((states, size), dtype=np.int64)
    cents = np.zeros((states, size), dtype=np.int64)
    by_category = np.zeros((states, size, kinds), dtype=np.int32)
    _bought_before(rng, days, people, orders[0], cents[0], by_category[0])
    np.add.at(orders, (state, paid.user), 1)
    np.add.at(cents, (state, paid.user), paid.parameters["cents"])
    np.add.at(by_category, (state, paid.user, paid.parameters["category"]), 1)
    for bought in (orders, cents, by_category):
        np.cumsum(bought, axis=0, out=bought)
    return Shopping(orders, cents, np.where(orders > 0, by_category.argmax(axis=2), -1))


def _bought_before(
    rng: Random, days: Calendar, people: People, orders: Array, cents: Array, by_category: Array
) -> None:
    """Adds the orders from before the sample, of those who were registered then."""
    years = np.where(people.registered_since < days.midnights[0], np.maximum(-people.since_day, 0) / 365, 0)
    count = rng.poisson(np.minimum(0.9 * years * people.thrift * (0.15 + 5 * people.keenness), 60))
    user = np.repeat(np.arange(len(people)), count)
    category = world.drawn(rng, world.weights(_INTEREST), len(user))
    orders += count
    np.add.at(cents, user, _cents(rng, category, np.zeros(len(user), dtype=bool)))
    np.add.at(by_category, (user, category), 1)
