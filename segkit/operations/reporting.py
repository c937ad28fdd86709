"""What is told once a night has ended, well or badly: `run.json` and all other reports. The night is not here.

A report that cannot be written makes no good night bad: it is told beside the night's own reasons.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from segkit.errors import Busy
from segkit.files.locks import Lock, holder_of
from segkit.operations.attempts import Attempt, ended_badly, ended_well, words_of
from segkit.operations.messages import messages_of
from segkit.operations.metrics import write_metrics
from segkit.operations.openlineage import write_lineage
from segkit.operations.run_file import read_run, run_document, write_run
from segkit.operations.sending import send_after_a_night

if TYPE_CHECKING:
    from segkit.api import Workspace
    from segkit.nightly import NightReport

F = TypeVar("F", bound="Callable[..., NightReport]")
_WAIT = 60.0  # seconds for another night's reports to be written


def reported(night: F) -> F:
    """A night that is reported however it ends. What could not be reported stands in the `failed` of its report.

    Two are not: a night that has no date, since an argument is wrong; and one that another night keeps out.
    """

    @functools.wraps(night)
    def reporting(workspace: Workspace, *args: Any, **kwargs: Any) -> NightReport:
        given = inspect.signature(night).bind(workspace, *args, **kwargs).arguments
        dates = workspace.night(given.get("app", ""), given.get("as_of")).dates
        began = workspace.clock()
        try:
            done = night(workspace, *args, **kwargs)
        except Exception as error:
            if not (isinstance(error, Busy) and holder_of(workspace.folder / "locks" / "night.lock")):
                for problem in report_attempt(workspace, ended_badly(workspace, began, dates, error)):
                    error.add_note(problem)
            raise
        problems = report_attempt(workspace, ended_well(workspace, began, dates, done.to_dict()))
        return replace(done, failed=[*done.failed, *problems])

    return cast("F", reporting)


def report_attempt(workspace: Workspace, attempt: Attempt) -> list[str]:
    """Writes all reports of an attempt; in words, what could not be written."""
    problems: list[str] = []
    try:
        with Lock(workspace.folder / "locks" / "report.lock", "the reports of a night", _WAIT):
            _write(workspace, attempt, problems)
    except Exception as error:
        problems.append(f"the reports of the night could not be written: {words_of(error)}")
    _part(problems, "the notifications", lambda: problems.extend(send_after_a_night(workspace)))
    return problems


def _put_into_outbox(workspace: Workspace, document: Mapping[str, Any]) -> None:
    messages = messages_of(document, workspace.settings.notifications)
    if messages:
        workspace.catalog.outbox.put(messages, workspace.clock())


def _write(workspace: Workspace, attempt: Attempt, problems: list[str]) -> None:
    folder = workspace.folder / "runs" / attempt.day.isoformat()
    earlier = read_run(folder)
    document = run_document(attempt, earlier, [])
    is_written = _part(problems, "run.json", lambda: write_run(folder, document))
    _part(problems, "the lineage", lambda: write_lineage(workspace, folder, attempt, document))
    _part(problems, "the metrics", lambda: write_metrics(workspace, document))
    _part(problems, "the notifications", lambda: _put_into_outbox(workspace, document))
    if problems and is_written:
        document["reports"] = list(problems)
        _part(problems, "run.json", lambda: write_run(folder, document))


def _part(problems: list[str], what: str, write: Callable[[], Any]) -> bool:
    """Whether one report was written; where it was not, the others are all the same."""
    try:
        write()
    except Exception as error:
        problems.append(f"{what} could not be made: {words_of(error)}")
        return False
    return True
