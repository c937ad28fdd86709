"""Makes `zdump.txt`: when local days begin around each change of a zone's clock, worked out from zdump's output alone.

Knows no Python time zones and shares nothing with `segkit`. To make the data again after a new `tzdata`, here:

    tz=$(python -c 'import tzdata; print(tzdata.__path__[0])')/zoneinfo
    zdump -v "$tz"/Europe/Berlin "$tz"/America/{Havana,New_York,Sao_Paulo,Vancouver} "$tz"/Asia/{Beirut,Kathmandu} \\
        "$tz"/Australia/Lord_Howe | python from_zdump.py "$(python -c 'import tzdata; print(tzdata.IANA_VERSION)')" \\
        > zdump.txt

Its lines: `change ZONE INSTANT OFFSET-BEFORE OFFSET-AFTER` (seconds) and `day ZONE DAY FIRST-INSTANT`.
"""

from __future__ import annotations

import sys
import time
from calendar import timegm
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

YEARS = range(2015, 2036)
AROUND = range(-2, 3)
ORDINARY = [date(2015 + (5 * n) % 21, 1 + n, 11 + n) for n in range(12)]
EVER = 10**12

Change = tuple[int, int, int]  # instant in seconds UTC, offset before, offset from then on


def changes_by_zone(lines: Iterable[str]) -> dict[str, list[Change]]:
    """The two lines that zdump prints a change, one second before it and at it, as one."""
    seen: dict[str, list[tuple[int, int]]] = {}
    for line in lines:
        if "NULL" not in line:
            words = line.split()
            universal, local = seconds(words[2:6]), seconds(words[9:13])
            if words[-1] != f"gmtoff={local - universal}":
                raise SystemExit(f"cannot read: {line}")
            seen.setdefault(words[0].rsplit("zoneinfo/")[-1], []).append((universal, local - universal))
    return {zone: [paired(*two) for two in zip(s[::2], s[1::2], strict=True)] for zone, s in seen.items()}


def paired(last: tuple[int, int], first: tuple[int, int]) -> Change:
    if first[0] - last[0] != 1:
        raise SystemExit(f"not one change: {last} {first}")
    return first[0], last[1], first[1]


def seconds(words: list[str]) -> int:
    return timegm(time.strptime(" ".join(words), "%b %d %H:%M:%S %Y"))


def beginning_of(day: date, changes: list[Change]) -> int:
    """The earliest instant at which the clock shows midnight of `day`, else the change that leaps over it."""
    midnight = timegm(day.timetuple())
    stretches = pairwise([-EVER, *(at for at, _, _ in changes), EVER])
    offsets = [changes[0][1], *(after for _, _, after in changes)]
    shown = [midnight - o for (start, end), o in zip(stretches, offsets, strict=True) if start <= midnight - o < end]
    leaps = [at for at, before, after in changes if at + before <= midnight < at + after]
    return min(shown or leaps)


def days_to_tell(changes: list[Change]) -> list[date]:
    """The local dates around each change in the years asked for, and a dozen ordinary ones."""
    days = set(ORDINARY)
    for at, before, after in changes:
        if time.gmtime(at).tm_year in YEARS:
            shown = (date(*time.gmtime(at + offset)[:3]) for offset in (before, after))
            days.update(day + timedelta(days=n) for day in shown for n in AROUND)
    return sorted(days)


def utc(instant: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def main(version: str) -> None:
    """Reads what zdump printed from stdin, writes one line a change and one a day to stdout."""
    print(f"tzdata {version}")
    for zone, changes in sorted(changes_by_zone(sys.stdin).items()):
        for at, before, after in changes:
            if time.gmtime(at).tm_year in YEARS:
                print("change", zone, utc(at), before, after)
        for day in days_to_tell(changes):
            print("day", zone, day, utc(beginning_of(day, changes)))


if __name__ == "__main__":
    main(*sys.argv[1:])
