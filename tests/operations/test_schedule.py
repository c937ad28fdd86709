"""What runs the night every day: the line as cron and a shell read it, the units as systemd reads them."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from segkit.errors import SegkitError
from segkit.operations.schedule import cron_line, day_without, systemd_units, time_of_day, zone_of_night
from tests.small_workspace import SmallWorkspace

HALF_PAST_THREE = time(3, 30)


def handed_to_the_shell(line: str) -> str:
    """What cron runs of a line: all after five fields, up to a percent sign that no backslash escapes."""
    *_, command = line.split(None, 5)
    kept, escaped = "", False
    for letter in command:
        if letter == "%" and not escaped:
            break
        kept = kept[:-1] + letter if letter == "%" else kept + letter
        escaped = letter == "\\"
    return kept


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """A program in an odd place that writes down how it was called."""
    path = tmp_path / "it's 100% odd $HOME" / "segkit"
    path.parent.mkdir()
    path.write_text(f"""#!/bin/sh\nfor word in "$@"; do echo "$word" >> '{tmp_path}/called'; done\n""")
    path.chmod(0o755)
    return [str(path), "nightly", "-w", '/srv/a b/50% "x" $y; z']


def run(line: str, tmp_path: Path, clock: str = "") -> list[str]:
    """What a line calls when the zone's clock shows `clock`."""
    fakes = tmp_path / "fakes"
    fakes.mkdir(exist_ok=True)
    (fakes / "date").write_text(f"""#!/bin/sh\n[ "$TZ $1" = "Asia/Kathmandu +%H:%M" ] && echo {clock}\n""")
    (fakes / "date").chmod(0o755)
    environment = {"PATH": f"{fakes}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", handed_to_the_shell(line)], env=environment, check=False)
    called = tmp_path / "called"
    return called.read_text().splitlines() if called.exists() else []


def test_a_cron_line_where_the_machine_has_the_zone_of_the_app(program: list[str], tmp_path: Path) -> None:
    line = cron_line(program, HALF_PAST_THREE, "Europe/Berlin", "Europe/Berlin")
    assert line.startswith("30 3 * * *  ")
    assert run(line, tmp_path) == program[1:]


def test_a_cron_line_elsewhere_asks_the_zones_own_clock_four_times_an_hour(program: list[str], tmp_path: Path) -> None:
    line = cron_line(program, HALF_PAST_THREE, "Asia/Kathmandu", "Etc/UTC")
    assert line.startswith("0,15,30,45 * * * *  ")
    assert run(line, tmp_path, "03:15") == []
    assert run(line, tmp_path, "15:30") == []
    assert run(line, tmp_path, "03:30") == program[1:]


def test_the_line_is_looked_at_when_the_zone_has_the_time_whatever_quarter_lies_between() -> None:
    line = cron_line(["segkit"], time(4, 7), "Asia/Kathmandu", None)
    minutes = {int(minute) for minute in line.split(" ", 1)[0].split(",")}
    kathmandu = datetime(2026, 6, 1, 22, 22, tzinfo=UTC)  # 04:07 there, 5 hours and 45 minutes ahead
    assert minutes == {7, 22, 37, 52}
    assert kathmandu.minute in minutes


def test_the_real_date_knows_the_zone(tmp_path: Path) -> None:
    shown = subprocess.run(["sh", "-c", "TZ=Asia/Kathmandu date +%z"], capture_output=True, text=True, check=True)
    assert shown.stdout == "+0545\n"


def test_units_are_what_systemd_reads(program: list[str], tmp_path: Path) -> None:
    units = systemd_units(program, HALF_PAST_THREE, "Europe/Berlin", "root")
    assert list(units) == ["segkit-nightly.service", "segkit-nightly.timer"]
    for name, text in units.items():
        (tmp_path / name).write_text(text)
        parser = configparser.RawConfigParser(strict=True)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(text)
        if name.endswith(".timer"):
            assert parser["Timer"]["OnCalendar"] == "*-*-* 03:30:00 Europe/Berlin"
            assert parser["Timer"]["Persistent"] == "true"
            assert parser["Install"]["WantedBy"] == "timers.target"
        else:
            assert parser["Service"]["Type"] == "oneshot"
            folder = str(tmp_path).replace("%", "%%")
            expected = (
                f'"/usr/bin/env" "{folder}/it\'s 100%% odd $$HOME/segkit" "nightly" "-w" "/srv/a b/50%% \\"x\\" $$y; z"'
            )
            assert parser["Service"]["ExecStart"] == expected


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_itself_finds_nothing_wrong_with_them(program: list[str], tmp_path: Path) -> None:
    plain = tmp_path / "100% plain" / "segkit"
    plain.parent.mkdir()
    shutil.copy(program[0], plain)
    for path in (program[0], str(plain)):
        command = [path, *program[1:]]
        for name, text in systemd_units(command, HALF_PAST_THREE, "Europe/Berlin", "root").items():
            (tmp_path / name).write_text(text)
        timer = str(tmp_path / "segkit-nightly.timer")
        words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", timer]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert [line for line in done.stderr.splitlines() if str(tmp_path) in line] == []
        assert done.returncode == 0, done.stderr
    calendar = ["systemd-analyze", "calendar", "*-*-* 03:30:00 Europe/Berlin"]
    subprocess.run(calendar, capture_output=True, check=True)


def test_the_night_goes_by_the_app_whose_day_ends_last() -> None:
    zones = {"tokyo": "Asia/Tokyo", "lisbon": "Europe/Lisbon", "reykjavik": "Atlantic/Reykjavik"}
    assert zone_of_night(zones, datetime(2026, 1, 1, tzinfo=UTC)) == "lisbon"
    assert zone_of_night(zones, datetime(2026, 7, 1, tzinfo=UTC)) == "reykjavik"


def test_a_time_that_the_clock_skips_one_day_is_found() -> None:
    assert day_without(time(2, 30), "Europe/Berlin", date(2026, 6, 1)) == date(2027, 3, 28)
    assert day_without(time(3, 30), "Europe/Berlin", date(2026, 6, 1)) is None
    assert day_without(time(0, 30), "America/Asuncion", date(2023, 6, 1)) == date(2023, 10, 1)


@pytest.mark.parametrize("text", ["3:30", "24:00", "03:60", "0330", "03:30\n", "noon"])
def test_a_time_of_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(SegkitError, match="expected a time of day such as 03:30"):
        time_of_day(text)


def test_a_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(SegkitError, match="line break"):
        cron_line(["segkit", "a\nb"], HALF_PAST_THREE, "Etc/UTC", "Etc/UTC")


def test_the_command_line_prints_both_with_whole_paths(
    small: SmallWorkspace,
    run_segkit: Callable[..., subprocess.CompletedProcess[str]],
    segkit_process: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    small.write()
    done = segkit_process("schedule", "--at", "04:15", "-w", small.folder, env={**os.environ, "TZ": "Europe/Berlin"})
    assert done.stdout.startswith("15 4 * * *  /")
    assert done.stdout.endswith(f" nightly -w {small.folder}\n")
    assert "04:15 by the clock of app 'shop' (Europe/Berlin)" in done.stderr
    program = done.stdout.split()[5]
    assert os.access(program, os.X_OK)
    units = run_segkit("schedule", "--systemd", "--app", "shop", "-w", small.folder).stdout
    assert f'"nightly" "-w" "{small.folder}" "--app" "shop"' in units
    assert "# segkit-nightly.timer\n[Unit]" in units
    skipped = run_segkit("schedule", "--at", "02:30", "-w", small.folder)
    assert "the clock in Europe/Berlin skips 02:30" in skipped.stderr
