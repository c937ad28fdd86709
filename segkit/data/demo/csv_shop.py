"""A made-up shop as its own system would export it: a folder of CSV files that nobody has tidied up.

German headings, semicolons, decimal commas, Windows-1252, days such as 31.12.2025, lists such as "Küche;Garten". It is
there to try `segkit init` on; the same call writes the same bytes. People, addresses and numbers are made up.
"""

from __future__ import annotations

import csv
import io
import random
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path

CUSTOMERS = 400
FIRST_DAY, PAST = date(2025, 1, 1), date(2025, 7, 1)
_ENCODING = "cp1252"
_COUNTRIES = (("DE", 60), ("AT", 20), ("CH", 12), ("FR", 8))
_GROUPS = (("Neukunde", 35), ("Stammkunde", 45), ("Großkunde", 20))
_INTERESTS = ("Küche", "Garten", "Möbel", "Licht", "Bad")
_ARTICLES = (
    ("Küche", "4,90"), ("Garten", "29,00"), ("Möbel", "249,50"), ("Licht", "18,75"), ("Bad", "12,40"),
)  # fmt: skip
_CARDS = ("Silber", "Gold", "Platin")


def write_csv_shop(folder: Path) -> list[Path]:
    """Writes `kunden.csv`, `karten.csv` and a file of events a month under `ereignisse/`; returns them.

    Raises FileExistsError where the folder holds other files.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "kunden.csv").exists():
        raise FileExistsError(f"{folder}: holds other files; name another folder, or an empty one")
    chance = random.Random(2025)
    numbers = [10_001 + place for place in range(CUSTOMERS)]
    files = [_written(folder / "kunden.csv", _customers(chance, numbers))]
    files.append(_written(folder / "karten.csv", _cards(chance, numbers)))
    events = _events(chance, numbers)
    for month in range(1, 7):
        rows = [row for moment, row in events if moment.month == month]
        files.append(_written(folder / "ereignisse" / f"2025-{month:02}.csv", [_EVENT_HEADINGS, *rows]))
    return files


def _customers(chance: random.Random, numbers: list[int]) -> list[list[str]]:
    people = list(csv.DictReader(_data("names.csv")))
    firsts, lasts = ([row[part] for row in people if row[part]] for part in ("first", "last"))
    phones = [row for row in csv.DictReader(_data("fictional_numbers.csv")) if row["country"] == "DE"]
    rows = [["Kundennummer", "Vorname", "Nachname", "E-Mail", "Handynummer", "Straße", "PLZ", "Land", "Kundengruppe",
             "Geburtsdatum", "Kunde seit", "Werbeeinwilligung", "Interessen", "Umsatz 2024"]]  # fmt: skip
    for place, number in enumerate(numbers):
        first, last = chance.choice(firsts), chance.choice(lasts)
        has_phone, phone = place < 200 and chance.random() < 0.8, phones[place % 2]
        interests = sorted(chance.sample(_INTERESTS, chance.choice((0, 1, 1, 2, 3))))
        rows.append([
            str(number), first.title(), last.title(), f"{first}.{last}{number}@example.com",
            f"{phone['prefix']}{place // 2:02}" if has_phone else "", f"Große Straße {chance.randrange(1, 90)}",
            f"{chance.choice(('01', '10', '80'))}{chance.randrange(100, 999)}", _pick(chance, _COUNTRIES),
            _pick(chance, _GROUPS), _german(date(1950, 1, 1) + timedelta(days=chance.randrange(19_000))),
            _german(date(2023, 1, 1) + timedelta(days=chance.randrange(720))),
            chance.choice(("ja", "ja", "nein")), ";".join(interests), _amount(chance.randrange(0, 250_000)),
        ])  # fmt: skip
    return rows


def _cards(chance: random.Random, numbers: list[int]) -> list[list[str]]:
    """Loyalty cards, each with the days for which it holds; some customers have had two."""
    rows = [["Kartennummer", "Kundennummer", "Karte", "gültig ab", "gültig bis"]]
    for number in numbers:
        start = date(2024, 1, 1) + timedelta(days=chance.randrange(300))
        for step in range(chance.choice((0, 0, 1, 1, 2))):
            end = start + timedelta(days=chance.randrange(60, 200))
            rows.append([
                f"K{len(rows):05}", str(number), _CARDS[min(step + chance.randrange(2), 2)], _german(start),
                _german(end) if step == 0 and chance.random() < 0.5 else "",
            ])  # fmt: skip
            start = end
    return rows


_EVENT_HEADINGS = ["Ereignisnummer", "Kundennummer", "Zeitpunkt", "Ereignis", "Warengruppe", "Betrag"]


def _events(chance: random.Random, numbers: list[int]) -> list[tuple[datetime, list[str]]]:
    found: list[tuple[datetime, list[str]]] = []
    days = (PAST - FIRST_DAY).days
    for number in numbers:
        for _ in range(chance.choice((0, 2, 5, 9, 20))):
            moment = datetime(2025, 1, 1) + timedelta(days=chance.randrange(days), seconds=chance.randrange(86_400))  # noqa: DTZ001
            kind = _pick(chance, (("Artikel angesehen", 60), ("Bestellung", 30), ("Retoure", 10)))
            group, price = chance.choice(_ARTICLES)
            amount = "" if kind == "Artikel angesehen" else price
            found.append((moment, ["", str(number), f"{moment:%d.%m.%Y %H:%M:%S}", kind, group, amount]))
    found.sort(key=lambda event: (event[0], event[1][1]))
    for place, (_, row) in enumerate(found, start=1):
        row[0] = f"E{place:06}"
    return found


def _pick(chance: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return chance.choices([text for text, _ in weighted], [weight for _, weight in weighted])[0]


def _german(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _amount(cents: int) -> str:
    whole = f"{cents // 100:,}".replace(",", ".")
    return f"{whole},{cents % 100:02}"


def _data(name: str) -> io.StringIO:
    return io.StringIO(resources.files("segkit.data.demo").joinpath(name).read_text(encoding="utf-8"))


def _written(path: Path, rows: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=_ENCODING, newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(rows)
    return path
