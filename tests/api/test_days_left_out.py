"""What an estimate says about days that its windows cannot see any more; the commands that take days away."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from segkit import event
from tests.small_workspace import SmallWorkspace

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for day in ("2024-11-01", "2024-11-03", "2024-11-05"):
        small.event("ana", "app_used", f"{day} 12:00")
    small.event("bo", "app_used", "2024-11-06 12:00")
    return small


def test_an_estimate_says_when_its_window_reaches_behind_the_days_that_are_kept(shop: SmallWorkspace) -> None:
    shop.app_settings = "keep_days = 4"
    note = "events of days before 2024-11-03 are not kept; a window of this rule reaches further back"
    assert shop.app.estimate(event("app_used").last(4)).notes == ()
    assert shop.app.estimate(event("app_used").last(5)).notes == (note,)
    assert shop.app.estimate(event("app_used").ever()).notes == (note,)
    assert shop.app.estimate(event("app_used").count().last(6) >= 3).count == 0


def test_an_estimate_says_which_days_of_its_window_were_forgotten(shop: SmallWorkspace) -> None:
    shop.workspace.forget_days(["2024-11-02..2024-11-03"])
    shop.reopen()
    assert shop.app.estimate(event("app_used").last(3)).notes == ()
    assert shop.app.estimate(event("app_used").last(4)).notes == (
        "events of 2024-11-03 were forgotten; a window of this rule covers these days",
    )
    assert shop.app.estimate(event("app_used").count().last(7) >= 2).count == 1


def test_the_commands_forget_days_and_read_them_again(shop: SmallWorkspace, run_segkit: Run) -> None:
    assert shop.workspace
    shop.close()
    told = run_segkit("forget-days", "2024-11-03", "2024-11-05", "-w", shop.folder).stderr
    assert "forgot 2 events of 2024-11-03, 2024-11-05" in told
    assert "nothing new; 2 users, 2 events" in run_segkit("load", "-w", shop.folder).stderr
    told = run_segkit("load", "-w", shop.folder, "--days", "2024-11-03..2024-11-04").stderr
    assert "events of 2024-11-03 to 2024-11-04 read again: 0 before, 1 rows now" in told
    wrong = run_segkit("load", "-w", shop.folder, "--days", "may", code=1).stderr
    assert "'may': expected a day such as 2024-05-01".replace("2024", "2026") in wrong
