"""What the sample's world consists of: countries, cities, phones, products, releases, campaigns, names.

Longer lists are in the CSV files beside this module. Nobody's behaviour is here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np

from segkit.data.demo.clock import Array

EVENTS = (
    "registered", "logged_in",
    "pairing_starts", "pairing_succeeds", "pairing_fails", "pairing_times_out",
    "app_used", "feedback_submitted",
    "product_browsed", "added_to_cart", "added_to_favourites", "order_paid",
    "marketing_received", "marketing_opened",
)  # fmt: skip
EVENT = {name: number for number, name in enumerate(EVENTS)}

CATEGORIES = ("gateway", "light", "camera", "sensor", "climate", "plug", "lock", "appliance", "service")
CAMPAIGNS = ("welcome", "newsletter", "hub_launch", "spring_sale", "win_back")
ISSUES = ("pairing", "connection", "device_offline", "app_crash", "notification", "account", "order", "other")
PAIRING_TYPES = ("wifi", "ethernet", "zigbee", "qr_code", "bluetooth", "matter")
LEVELS = ("bronze", "silver", "gold", "platinum")
PLATFORMS = ("ios", "android", "harmony")
SYSTEMS = ("iOS", "Android", "HarmonyOS")

#: Models by platform: name, how common, factor of the pairing's success. Android models are made up.
MODELS: tuple[tuple[tuple[str, float, float], ...], ...] = (
    (
        ("iPhone 12", 9, 0.97), ("iPhone 13", 18, 0.98), ("iPhone 14", 20, 1.0), ("iPhone 15", 24, 1.0),
        ("iPhone 16", 29, 1.0),
    ),
    (
        ("Kite 7", 12, 0.86), ("Kite 8", 18, 0.95), ("Kite 9", 16, 1.0), ("Lumo A3", 15, 0.68), ("Lumo A5", 21, 0.9),
        ("Tarn X2", 18, 0.97),
    ),
    (("Orla 2", 55, 0.84), ("Orla 3", 45, 0.94)),
)  # fmt: skip

#: Releases by platform: version, days before or after the sample's first day on which it came out.
SYSTEM_RELEASES: tuple[tuple[tuple[str, int], ...], ...] = (
    (("17.7", -900), ("18.3", -380), ("18.6", -190), ("26.0", -140), ("26.2", -50), ("26.3", 10), ("26.4", 55)),
    (("12", -1400), ("13", -1000), ("14", -700), ("15", -420), ("16", -210)),
    (("4.2", -600), ("5.0", -250), ("5.1", 20)),
)
#: App releases: version, days before or after the launch on which it came out, factor of the pairing's success.
APP_RELEASES: tuple[tuple[str, int, float], ...] = (
    ("5.6.0", -320, 0.93), ("5.7.0", -240, 0.95), ("5.8.0", -150, 0.97), ("5.8.1", -115, 0.98), ("5.9.0", -80, 1.0),
    ("5.9.1", -55, 1.0), ("5.9.2", -30, 1.0), ("6.0.0", 0, 0.82), ("6.0.1", 8, 1.0), ("6.1.0", 28, 1.02),
    ("6.1.1", 46, 1.02),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A city, with what follows from living there."""

    country: int
    province: str
    city: str
    zone: str
    weight: float


@dataclass(frozen=True)
class Country:
    """A country: its code, how common, the share of iOS and HarmonyOS, and what languages apps are set to there."""

    code: str
    name: str
    continent: str
    weight: float
    platforms: tuple[float, float, float]
    languages: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Product:
    """Something that can be paired; `success` is the share of pairings that succeed on a good phone."""

    pid: str
    name: str
    category: int
    is_gateway: bool
    pairing_type: int
    price: float
    weight: float
    success: float


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("segkit.data.demo").joinpath(name).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines()))


@cache
def countries() -> tuple[Country, ...]:
    """All countries, in the order of the file."""
    return tuple(_country(row) for row in _rows("countries.csv"))


def _country(row: dict[str, str]) -> Country:
    ios, harmony = float(row["ios"]), float(row["harmony"])
    languages = tuple((code, float(share)) for code, share in (pair.split(":") for pair in row["languages"].split()))
    platforms = (ios, 1 - ios - harmony, harmony)
    return Country(row["code"], row["name"], row["continent"], float(row["weight"]), platforms, languages)


@cache
def places() -> tuple[Place, ...]:
    """All cities, grouped by country in the order of `countries`."""
    number = {country.code: n for n, country in enumerate(countries())}
    found = (
        Place(number[row["country"]], row["province"], row["city"], row["zone"], float(row["weight"]))
        for row in _rows("places.csv")
    )
    return tuple(sorted(found, key=lambda place: place.country))


@cache
def products() -> tuple[Product, ...]:
    """All products, in the order of the file."""
    return tuple(
        Product(
            r["pid"], r["name"], CATEGORIES.index(r["category"]), r["is_gateway"] == "true",
            PAIRING_TYPES.index(r["pairing_type"]), float(r["price"]), float(r["weight"]), float(r["success"]),
        )
        for r in _rows("products.csv")
    )  # fmt: skip


@cache
def fictional_numbers() -> dict[str, tuple[str, ...]]:
    """Mobile numbers that a country's regulator keeps for fiction, by country code; most countries have none."""
    found: dict[str, list[str]] = {}
    for row in _rows("fictional_numbers.csv"):
        width, low, high = len(row["first"]), int(row["first"]), int(row["last"])
        found.setdefault(row["country"], []).extend(f"{row['prefix']}{n:0{width}d}" for n in range(low, high + 1))
    return {country: tuple(numbers) for country, numbers in found.items()}


@cache
def names(which: Literal["first", "last"]) -> tuple[str, ...]:
    """First or last names, in small letters."""
    return tuple(row[which] for row in _rows("names.csv") if row[which])


@cache
def languages() -> tuple[str, ...]:
    """Every language code that occurs, sorted."""
    return tuple(sorted({code for country in countries() for code, _ in country.languages}))


@cache
def zones() -> tuple[str, ...]:
    """Every zone in which users live, sorted."""
    return tuple(sorted({place.zone for place in places()}))


def weights(values: Any) -> Array:
    """Cumulative shares that end with 1."""
    total = np.cumsum(np.asarray(values, dtype=np.float64))
    shares: Array = total / total[-1]
    return shares


def drawn(rng: np.random.Generator, shares: Array, size: int) -> Array:
    """`size` numbers by cumulative shares."""
    number: Array = np.minimum(np.searchsorted(shares, rng.random(size), side="right"), len(shares) - 1)
    return number
