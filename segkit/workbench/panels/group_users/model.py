"""What the panel Group users answers: pages of users, one person, and why they are in or not. No widgets, no browser.

A view is told users by their number in the app, never by more than it shows. Personal data is shown only to a question
that asks for it (`shown`), so that a page that is loaded anew begins masked; the app records each such answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.api.infos import SegmentInfo
from segkit.engine.lookup import uids_of
from segkit.errors import Forbidden, NotFound, SegkitError
from segkit.operations.roles import require
from segkit.workbench.panels.group_users.choosing import chosen_of, listed
from segkit.workbench.panels.group_users.showing import first_columns, labels_shown, page_shown, value_shown
from segkit.workbench.panels.group_users.telling import explanation_told, profile_told, timeline_told
from segkit.workbench.panels.model import Asked, Message, PanelModel

if TYPE_CHECKING:
    from segkit.api import App

#: Users on a page.
PAGE = 100
_MOST_COLUMNS = 40
_DAYS = 7
_ROWS = 5


class GroupUsersModel(PanelModel):
    """The users of one app as of a date; `names` are the segments that a view begins with, all of which must hold."""

    def __init__(self, app: App, names: Sequence[str] = (), as_of: date | None = None) -> None:
        super().__init__()
        self.app = app
        self.as_of = as_of or app.as_of
        definitions = app.definitions()
        self.first = tuple(dict.fromkeys(definitions[name].id for name in names))
        self.answers |= {
            "page": self._page, "values": self._values, "person": self._person, "earlier": self._earlier,
            "why": self._why, "rows": self._rows,
        }  # fmt: skip

    def opening(self) -> Message:
        """What there is to choose from; who may not see users is told so, and nothing else."""
        head = {"app": self.app.name, "as_of": self.as_of.isoformat(), "page_size": PAGE}
        try:
            require(self.app.workspace.settings.roles, self.app.workspace.actor, "members", "Group users")
        except Forbidden as error:
            return {**head, "denied": str(error)}
        labels = self.app.vocabulary.labels
        return {
            **head,
            "segments": [_segment(info) for info in self.app.segments()],
            "labels": labels_shown(labels),
            "inside": list(self.first),
            "columns": first_columns(labels),
        }

    # --- users -------------------------------------------------------------------------------------------------------

    def _page(self, asked: Asked) -> Message:
        chosen = chosen_of(asked, self.app)
        labels = [self.app.vocabulary.label(code) for code in asked.texts("columns", _MOST_COLUMNS)]
        found = self.app.members_page(
            chosen.rule, self.as_of,
            labels=[label.code for label in labels], sort=asked.text("sort"), descending=asked.flag("down"),
            search=asked.text("search"), offset=asked.number("offset"), limit=PAGE, unmask=asked.flag("shown"),
            cancel=asked.cancel,
        )  # fmt: skip
        return {**page_shown(found, labels), "sentence": chosen.sentence(self.app)}

    def _values(self, asked: Asked) -> Message:
        """What values a label has, for the filter."""
        declared = self.app.vocabulary.label(asked.text("label"))
        search, offset = asked.text("search"), asked.number("offset")
        if declared.personal is not None:
            raise SegkitError(f"{declared.name} holds personal data, whose values are not listed")
        found, without = self.app.values(declared.code, self.as_of, search=search, limit=PAGE, offset=offset)
        return {"values": [value_shown(declared, each.value, each.count) for each in found], "without": without}

    # --- one person --------------------------------------------------------------------------------------------------

    def _person(self, asked: Asked) -> Message:
        found = self.app.profile(self._uid(asked), self.as_of, days=_DAYS, unmask=asked.flag("shown"))
        return profile_told(found)

    def _earlier(self, asked: Asked) -> Message:
        """What the user did before a day."""
        before = asked.day("before")
        found = self.app.profile(self._uid(asked), self.as_of, days=_DAYS, before=before, unmask=asked.flag("shown"))
        return timeline_told(found)

    def _why(self, asked: Asked) -> Message:
        uid, definition = self._uid(asked), listed(self.app.definitions(), asked.text("segment"))
        found = self.app.explain(uid, definition.id, self.as_of, limit=_ROWS, unmask=asked.flag("shown"))
        return explanation_told(found)

    def _rows(self, asked: Asked) -> Message:
        """More of the rows that count for one condition."""
        uid, definition = self._uid(asked), listed(self.app.definitions(), asked.text("segment"))
        place = asked.text("place", 5_000)
        found = self.app.explain(
            uid, definition.id, self.as_of,
            limit=PAGE, after=asked.number("after"), place=place, unmask=asked.flag("shown"),
        )  # fmt: skip
        return {"line": next(line for line in _lines(explanation_told(found)["tree"]) if line["place"] == place)}

    def _uid(self, asked: Asked) -> str:
        number = asked.number("no", -1, -1)
        found = uids_of(self.app.evaluator(), [number])
        if not found or not found[0]:
            raise NotFound("this user is no longer there: erased, or never loaded. Load the page of users anew.")
        return found[0]


def _lines(line: dict[str, Any]) -> list[dict[str, Any]]:
    return [line, *(each for inside in line["inside"] for each in _lines(inside))]


def _segment(info: SegmentInfo) -> Message:
    shown: Message = {"id": info.id, "name": info.name, "kind": info.kind, "count": info.count}
    if info.kind == "imported":
        shown["why"] = "An imported list: its rows are never listed. It may be left out of others, with ‘not in’."
    elif info.missing:
        shown["why"] = f"Unavailable in this app: no {', '.join(info.missing)}."
    return shown
