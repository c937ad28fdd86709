"""When something happened, as people say it: `today 03:12`, `3 hours`. The present moment is passed in."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment_words(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`today 03:12`, `yesterday 03:12`, `12 Mar 03:12`, `12 Mar 2025`: on the wall clock of a zone."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    clock = f"{there:%H:%M}"
    days = (here.date() - there.date()).days
    if days in (0, 1):
        return f"{'yesterday' if days else 'today'} {clock}"
    day = f"{there.day} {_MONTHS[there.month - 1]}"
    return f"{day} {clock}" if there.year == here.year else f"{day} {there.year}"


def age_words(age: timedelta) -> str:
    """`under a minute`, `5 minutes`, `3 hours`, `12 days`: whole units, rounded down."""
    minutes = max(int(age.total_seconds() // 60), 0)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return "under a minute"
