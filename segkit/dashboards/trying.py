"""The rule builder of the dashboards: rules are tried and counted, never saved.

Who may not see people gets no labels that hold personal data, and counts that tell nothing of one person: about how
many the whole rule picks, and nothing of its parts.
"""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.analysis.disclosure import FEWEST, Disclosure
from segkit.dashboards.for_viewers import without_small
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.normal_form import normal_form
from segkit.errors import Forbidden, SegkitError
from segkit.files.atomic import writing
from segkit.files.locks import Lock
from segkit.operations.roles import may
from segkit.workbench.builder import assets
from segkit.workbench.builder.answers import ANSWERS
from segkit.workbench.builder.counting import Asked
from segkit.workbench.builder.model import BuilderModel
from segkit.workbench.panels.within import Shown

if TYPE_CHECKING:
    from segkit.api import App

Message = dict[str, Any]
_VIEW = Path(__file__).parent / "view"
_KEY = "disclosure.key"
_BYTES = 32


def try_a_rule(app: App, segment: str = "", as_of: date | None = None) -> Shown:
    """The builder as the app's actor may have it, with nothing or a segment's rule in it. Raises SegkitError."""
    settings = app.workspace.settings
    sees_people = may(settings.roles, app.workspace.actor, "members")
    styles = ["trying.css", *([] if sees_people or settings.dashboards.exact_counts else ["about.css"])]
    style = "\n".join([assets.style(), *((_VIEW / name).read_text(encoding="utf-8") for name in styles)])
    make = TryModel if sees_people else ExactModel if settings.dashboards.exact_counts else AboutModel
    return Shown(make(app, segment or None, as_of), assets.script(), style, "try")


class TryModel(BuilderModel):
    """A rule that is tried. Counts are exact."""

    def __init__(self, app: App, segment: str | None = None, as_of: date | None = None) -> None:
        super().__init__(app, segment, as_of)
        self.answers["save"] = _not_saved


class ExactModel(TryModel):
    """A rule that is tried by somebody who may not see people, in a workspace that tells them exact counts."""

    def __init__(self, app: App, segment: str | None = None, as_of: date | None = None) -> None:
        without: Any = WithoutPeople(app)
        if segment and check_rule(app.document(segment).rule, without.vocabulary):
            raise Forbidden("the rule of this segment reads personal data, or what is not there; it is not shown here")
        super().__init__(without, segment, as_of)


class AboutModel(ExactModel):
    """The same, where they are told about how many."""

    def __init__(self, app: App, segment: str | None = None, as_of: date | None = None) -> None:
        self._disclosure = Disclosure(_key(app.workspace.folder))
        super().__init__(app, segment, as_of)
        self.answers["values"] = self._values
        self.answers["segments"] = lambda model, message: _without_small(ANSWERS["segments"](model, message))

    def offered(self) -> Message:
        """All that the view needs once."""
        return _without_small(super().offered())

    def _told(self, asked: Asked, told: Message) -> None:
        kind = told["kind"]
        if kind == "numbers":
            about = min(self._about(told["count"], asked.rule, asked.as_of), told["base"])
            told = {**told, "count": about, "reach": {}, "conditions": {}, "notes": []}
        elif kind == "details":
            told = {**told, "without": {}}
        elif kind == "findings":
            told = {"kind": "findings", "found": []}
        super()._told(asked, told)

    def _about(self, count: int, rule: Condition, as_of: date) -> int:
        return self._disclosure.about(count, self.app.name, as_of.isoformat(), form_text(normal_form(rule)))

    def _values(self, model: BuilderModel, message: Message) -> Message:
        """Values that enough users have, with about how many."""
        found = ANSWERS["values"](model, message)
        asked = [str(message.get(key, "")) for key in ("event", "code")]
        kept = [
            {**each, "count": self._disclosure.about(each["count"], self.app.name, *asked, repr(each["value"]))}
            for each in found["values"]
            if each["count"] >= FEWEST
        ]
        return {**found, "values": kept, **({"without": None} if "without" in found else {})}


class WithoutPeople:
    """An app as somebody has it who may not see people: labels and parameters that hold personal data are not there."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def vocabulary(self) -> Vocabulary:
        """What rules may speak of."""
        full = self._app.vocabulary
        parameters = tuple(each for each in full.parameters if each.personal is None)
        codes = {each.code for each in parameters}
        events = [
            each.model_copy(update={"parameters": tuple(code for code in each.parameters if code in codes)})
            for each in full.events
        ]
        labels = tuple(each for each in full.labels if each.personal is None)
        return Vocabulary(labels=labels, parameters=parameters, events=tuple(events))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


def form_text(form: object) -> str:
    """The text of a rule's normal form; what is in no order is put into one."""
    if isinstance(form, frozenset | set):
        return "{" + ",".join(sorted(map(form_text, form))) + "}"
    if isinstance(form, tuple | list):
        return "(" + ",".join(map(form_text, form)) + ")"
    return repr(form)


def _without_small(offered: Message) -> Message:
    """What is offered, without the counts of segments so small that they tell of single users."""
    return {**offered, "segments": [without_small(each) for each in offered["segments"]]}


def _not_saved(_model: BuilderModel, _message: Message) -> Message:
    raise SegkitError("Rules are tried here, not saved. Whoever may save segments does so in JupyterLab.")


def _key(workspace: Path) -> bytes:
    """The workspace's own secret: as long as it is the same, so are the answers."""
    path = workspace / _KEY
    with Lock(workspace / "locks" / "disclosure.lock", "reading the key of counts", wait=60):
        if not path.exists():
            with writing(path) as temporary:
                temporary.write_bytes(secrets.token_bytes(_BYTES))
        found = path.read_bytes()
    if len(found) != _BYTES:
        raise SegkitError(f"{path}: found {len(found)} bytes; expected {_BYTES}. Delete it, and counts are told anew")
    return found
