"""The night as a line for cron or as systemd units, at a time of day in a zone. Installs nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from segkit.definitions.zones import zone as zone_of
from segkit.errors import SegkitError

UNIT = "segkit-nightly"
#: What systemd refuses in the name of a program, but not in its words.
_NOT_IN_PROGRAMS = frozenset("'\"\\$")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")


def time_of_day(text: str) -> time:
    """`03:30` as a time. Raises SegkitError for other text."""
    if not _TIME.match(text):
        raise SegkitError(f"--at '{text}': expected a time of day such as 03:30")
    return time.fromisoformat(text)


def zone_of_night(zones: Mapping[str, str], now: datetime) -> str:
    """The app, of those given with their zones, by whose clock the night goes: that whose day ends last."""
    return min(zones, key=lambda app: now.astimezone(zone_of(zones[app])).utcoffset() or timedelta())


def day_without(at: time, zone: str, today: date) -> date | None:
    """The first day within a year on which the clock skips that time; None if it never does."""
    days = (today + timedelta(days=number) for number in range(366))
    return next((day for day in days if _is_skipped(datetime.combine(day, at), zone_of(zone))), None)


def _is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall


def cron_line(command: Sequence[str], at: time, zone: str, machine_zone: str | None) -> str:
    """A line of a crontab. Where cron's clock is another than the zone's, the line asks the zone's own clock.

    Many crons know no zone and ignore CRON_TZ without a word. All zones are whole quarters of an hour apart, so that
    the line is looked at four times an hour and runs at one of them.
    """
    words = _for_cron(shlex.join(_in_one_line(command)))
    if machine_zone == zone:
        return f"{at.minute} {at.hour} * * *  {words}"
    minutes = ",".join(str(minute) for minute in sorted((at.minute + quarter) % 60 for quarter in (0, 15, 30, 45)))
    clock = _for_cron(f'"$(TZ={shlex.quote(zone)} date +%H:%M)"')
    return f"{minutes} * * * *  [ {clock} = {at:%H:%M} ] && {words}"


def _for_cron(words: str) -> str:
    """What cron hands to the shell as `words`: an unescaped percent sign ends the line there."""
    return words.replace("%", r"\%")


def systemd_units(command: Sequence[str], at: time, zone: str, user: str) -> dict[str, str]:
    """A service and its timer, by file name."""
    words = _in_one_line(command)
    if set(words[0]) & _NOT_IN_PROGRAMS:
        words = ["/usr/bin/env", *words]
    service = f"""[Unit]
Description=The night of segkit

[Service]
Type=oneshot
User={user}
UMask=0077
# Secrets such as webhooks' addresses, one NAME=value a line, in a file that only root can read:
# EnvironmentFile=/etc/segkit.env
ExecStart={" ".join([_for_systemd(words[0]), *(_for_systemd(word.replace("$", "$$")) for word in words[1:])])}
"""
    timer = f"""[Unit]
Description=The night of segkit at {at:%H:%M} in {zone}

[Timer]
OnCalendar=*-*-* {at:%H:%M}:00 {zone}
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {f"{UNIT}.service": service, f"{UNIT}.timer": timer}


def _for_systemd(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _in_one_line(command: Sequence[str]) -> list[str]:
    if any("\n" in word for word in command):
        raise SegkitError("a path with a line break cannot be scheduled; rename the folder")
    return list(command)
