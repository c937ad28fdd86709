"""Commands about nights: what they tell, and when they run."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segkit.cli.options import AppOption, JsonOption, WorkspaceOption, answer, open_workspace, say
from segkit.errors import PartlyDone

if TYPE_CHECKING:
    from segkit.api import Workspace

_HERE = Path()
_LOCALTIME = Path("/etc/localtime")


def add_to(cli: typer.Typer) -> None:
    """Puts the commands of this module on the command line."""
    for command in (notify, schedule):
        cli.command()(command)


def notify(
    again: Annotated[
        bool, typer.Option("--again", help="Try everything that did not arrive now, also what was given up.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Send every channel a test message instead.")] = False,
    workspace: WorkspaceOption = _HERE,
    json: JsonOption = False,
) -> None:
    """Send what waits: notifications, and exports on their way to a storage or webhook. Each arrives once.

    What waits did not arrive, or a killed night left it. Exports are delivered for whom may export only.

    The night does it too. Example: `segkit notify -w demo`
    """
    from segkit.operations.delivering import send_everything

    if test:
        _send_test(open_workspace(workspace), json)
        return
    found = send_everything(open_workspace(workspace), again=again)
    if json:
        answer(asdict(found))
    else:
        say(f"{found.delivered:,} delivered, {found.waiting:,} waiting, {found.given_up:,} given up")
    if found.problems:
        raise PartlyDone("not everything arrived:\n  " + "\n  ".join(found.problems))


def _send_test(workspace: Workspace, json: bool) -> None:
    from segkit.operations.sending import send_test

    found = send_test(workspace)
    if json:
        answer(found)
    for name, problem in found.items():
        say(f"‘{name}’: {problem or 'delivered'}")
    if not found:
        say("segkit.toml has no [[notifications]]")
    if any(found.values()):
        raise PartlyDone("not every test message arrived")


def schedule(
    systemd: Annotated[bool, typer.Option("--systemd/--cron", help="Units for systemd, or a line for cron.")] = False,
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="The time of day in the app's zone.")] = "03:30",
    workspace: WorkspaceOption = _HERE,
    app: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Print what runs the night every day: a line for `crontab -e`, or systemd units. Changes nothing.

    Example: `segkit schedule --systemd --at 04:15 -w demo`
    """
    from segkit.operations.schedule import cron_line, day_without, systemd_units, time_of_day

    opened = open_workspace(workspace)
    time, (zone, whose) = time_of_day(at), _zone(opened, app)
    command = [*_segkit(), "nightly", "-w", str(opened.folder), *(["--app", app] if app else [])]
    skipped = day_without(time, zone, opened.clock().date())
    if skipped is not None:
        say(f"Note: on {skipped} the clock in {zone} skips {at}; choose another time with --at.")
    if systemd:
        units = systemd_units(command, time, zone, getpass.getuser())
        say(f"{at} by the clock of {whose}. Put them into /etc/systemd/system, then: systemctl enable --now {_TIMER}")
        answer(units) if json else typer.echo("\n".join(f"# {name}\n{unit}" for name, unit in units.items()))
        return
    line = cron_line(command, time, zone, _machine_zone())
    say(f"{at} by the clock of {whose}. Put it into `crontab -e`, with the variables that notifications need above it.")
    answer({"cron": line}) if json else typer.echo(line)


_TIMER = "segkit-nightly.timer"


def _zone(workspace: Workspace, app: str | None) -> tuple[str, str]:
    """By whose clock: the zone, and whose it is in words."""
    from segkit.operations.schedule import zone_of_night

    zones = {each.name: each.settings.zone for each in workspace.apps()}
    chosen = workspace.app(app).name if app else zone_of_night(zones, workspace.clock())
    why = f"app '{chosen}', whose day ends last" if not app and len(set(zones.values())) > 1 else f"app '{chosen}'"
    return zones[chosen], f"{why} ({zones[chosen]})"


def _segkit() -> list[str]:
    """This segkit, so that it is found where there is no environment."""
    beside = Path(sys.executable).with_name("segkit")
    return [str(beside)] if os.access(beside, os.X_OK) else [sys.executable, "-m", "segkit.cli"]


def _machine_zone() -> str | None:
    """The zone of this machine's clock, if it says so."""
    if os.environ.get("TZ"):
        return os.environ["TZ"].removeprefix(":")
    _, _, name = str(_LOCALTIME.resolve()).partition("/zoneinfo/")
    return name or None
