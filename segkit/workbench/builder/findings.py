"""What lint finds odd about the rule that is edited, for the view: by place on the screen, the serious first."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from segkit.analysis.linting.remark import Remark
from segkit.definitions.conditions import Condition

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.api.definitions import Definitions
    from segkit.workbench.builder.draft import Draft

#: Mistakes, whatever the data is.
_BAD: Final = frozenset(
    {"cannot-be-evaluated", "reference-unknown", "reference-deleted", "reference-unavailable", "never-true"}
)
#: True of many good rules, by what the data happens to be: shown when somebody asks for them.
_QUIET: Final = frozenset({"implied", "window-after-data", "everybody", "changes-nothing"})
#: What to do in the builder, where lint speaks to whoever writes a document.
_ADVICE: Final = {
    "includes-missing": "If they are not meant, put “has a value” of the same beside it; if they are, put it into a"
    " group “Any” with “has no value”.",
    "nobody": "See whether it says what is meant.",
    "always-true": "Change it, or take it out.",
}
#: Segments that a rule is held against at its boundaries.
_MOST_BESIDE = 100


def beside(draft: Draft, own_id: str | None, definitions: Definitions) -> tuple[str, ...]:
    """The segments of the same folder or with one of the tags: what the rule must meet without a gap or an overlap."""
    folder, tags = draft.document.folder, set(draft.document.tags)
    found = [
        each.id
        for each in definitions.by_id.values()
        if each.id != own_id and each.kind != "imported" and not each.missing
        and ((folder and each.document.folder == folder) or tags & set(each.document.tags))
    ]  # fmt: skip
    return tuple(found[:_MOST_BESIDE])


def findings(
    app: App,
    rule: Condition,
    as_of: date,
    others: tuple[str, ...],
    places: Mapping[str, str],
    cancel: threading.Event,
) -> list[dict[str, str]]:
    """Every remark of lint on the rule, the more serious first. Raises Cancelled, SegkitError."""
    found = app.lint(rule, as_of, beside=others, cancel=cancel)
    shown = [_shown(remark, places) for remark in found.remarks]
    return sorted(shown, key=lambda each: ("bad", "odd", "quiet").index(each["weight"]))


def _shown(remark: Remark, places: Mapping[str, str]) -> dict[str, str]:
    weight = "bad" if remark.code in _BAD else "quiet" if remark.code in _QUIET else "odd"
    advice = _ADVICE.get(remark.code, remark.advice)
    place = _on_screen(remark.path, places)
    return {"place": place, "code": remark.code, "words": remark.words, "advice": advice, "weight": weight}


def _on_screen(path: str, places: Mapping[str, str]) -> str:
    """The condition on the screen that a place lies in: a filter's is its event's."""
    while path not in places and "." in path:
        path = path.rpartition(".")[0]
    return places.get(path, "rule")
