"""What is told once a night has ended, well or badly: `run.json` and all other reports. The night is not here.

A report that cannot be written makes no good night bad: it is told beside the night's own reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.files.locks import Lock
from segkit.operations.attempts import Attempt, ended_badly, ended_well, words_of
from segkit.operations.messages import messages_of
from segkit.operations.metrics import write_metrics
from segkit.operations.openlineage import write_lineage
from segkit.operations.run_file import read_run, run_document, write_run
from segkit.operations.sending import send_after_a_night

if TYPE_CHECKING:
    from segkit.api import Workspace
    from segkit.nightly import NightReport

_WAIT = 60.0  # seconds for another night's reports to be written


def reporting(
    workspace: Workspace, dates: Mapping[str, date], night: Callable[[], NightReport], *, is_past: bool = False
) -> NightReport:
    """A night that is reported however it ends. What could not be reported stands in the `failed` of its report.

    One of the past, which is made up for, leaves its files; it changes no metrics and sends nothing.
    """
    began = workspace.clock()
    try:
        done = night()
    except Exception as error:
        for problem in report_attempt(workspace, ended_badly(workspace, began, dates, error), is_past=is_past):
            error.add_note(problem)
        raise
    attempt = ended_well(workspace, began, dates, done.to_dict())
    return replace(done, failed=[*done.failed, *report_attempt(workspace, attempt, is_past=is_past)])


def report_attempt(workspace: Workspace, attempt: Attempt, *, is_past: bool = False) -> list[str]:
    """Writes all reports of an attempt; in words, what could not be written."""
    problems: list[str] = []
    try:
        with Lock(workspace.folder / "locks" / "report.lock", "the reports of a night", _WAIT):
            _write(workspace, attempt, problems, is_past)
    except Exception as error:
        problems.append(f"the reports of the night could not be written: {words_of(error)}")
    if not is_past:
        _part(problems, "the notifications", lambda: problems.extend(send_after_a_night(workspace)))
    return problems


def _put_into_outbox(workspace: Workspace, document: Mapping[str, Any]) -> None:
    messages = messages_of(document, workspace.settings.notifications)
    if messages:
        workspace.catalog.outbox.put(messages, workspace.clock())


def _write(workspace: Workspace, attempt: Attempt, problems: list[str], is_past: bool) -> None:
    folder = workspace.folder / "runs" / attempt.day.isoformat()
    earlier = read_run(folder)
    document = run_document(attempt, earlier, [])
    is_written = _part(problems, "run.json", lambda: write_run(folder, document))
    _part(problems, "the lineage", lambda: write_lineage(workspace, folder, attempt, document))
    if not is_past:
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
