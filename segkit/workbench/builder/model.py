"""The state of the rule builder and what can be done with it; no widgets, no browser.

The view holds what is typed, and sends it as a whole with the number of its edit; every answer carries that number, so
that nothing typed is overwritten. What comes from the view is checked here as if anybody had sent it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.api.evaluation import RuleLike
from segkit.api.results import Estimate
from segkit.definitions.conditions import Condition
from segkit.definitions.documents import (
    Document,
    document_data,
    load_text,
    parse_document,
    parse_rule,
    rule_data,
    to_json,
    to_yaml,
)
from segkit.definitions.python_text import to_python
from segkit.definitions.sentences import sentence
from segkit.errors import DefinitionError, Problem, SegkitError, StaleSave
from segkit.masking import masked_failure
from segkit.workbench.builder import saving
from segkit.workbench.builder.choices import label_choices, parameter_choices
from segkit.workbench.builder.counting import Asked, Counter
from segkit.workbench.builder.draft import FILED, MOST_CHARACTERS, Draft, draft_of, read_draft
from segkit.workbench.builder.offering import segments_offered, vocabulary_offered
from segkit.workbench.builder.words import words

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.store.conflicts import Conflict

Message = dict[str, Any]
#: Of a rule that is refused.
_MOST_PROBLEMS = 50
_NEW: Message = {"name": "", "rule": {"all": []}}


class BuilderModel:
    """One rule being edited. `tell` is called with every answer, from whichever thread has it."""

    def __init__(self, app: App, what: RuleLike | None = None, as_of: date | None = None) -> None:
        self.app = app
        self.as_of = as_of or app.as_of
        self.edit = 0
        self.tell: Callable[[Message], None] = lambda _message: None
        self.numbers: Message = {}
        self._kept: Message = {}
        self.version: int | None = None
        self._conflict: Conflict | None = None
        self._counting: Asked | None = None
        self._counted: Asked | None = None  # what `numbers` are of
        self._definitions = app.definitions()
        self._lock = threading.RLock()
        self._counter = Counter(app, self._told)
        self._answers = ThreadPoolExecutor(1, "segkit builder answers")
        self.draft = self._draft(self._opened(what))
        self.count()

    # --- what is edited ----------------------------------------------------------------------------------------------

    @property
    def rule(self) -> Condition:
        """The rule as it stands."""
        return self.draft.rule

    @property
    def document(self) -> Document:
        """The document as it stands. Raises SegkitError while it has no name."""
        if not self.draft.name:
            raise SegkitError("the segment has no name yet; give it one in the builder, or take `builder.rule`")
        return self.draft.document

    def estimate(self) -> Estimate:
        """What the rule comes to now, conditions that are not complete left out."""
        return self.app.estimate(self.draft.counted, self.as_of)

    def open(self, what: RuleLike | None) -> None:
        """Puts another segment, document or rule in the place of what is edited."""
        draft = self._draft(self._opened(what))
        with self._lock:
            self.draft = draft
            self.edit += 1
        self.tell({"kind": "document", "why": "opened", "number": self.edit, **self.shown()})
        self.count()

    def close(self) -> None:
        """Ends its threads."""
        self._counter.close()
        self._answers.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Returns once all that was asked is answered."""
        self._answers.submit(lambda: None).result()
        self._counter.wait()

    def _opened(self, what: RuleLike | None) -> Message:
        """Plain data of what is to be edited; remembers what a save of it is based on."""
        self._kept, self.version, self._conflict = {}, None, None
        if what is None:
            return dict(_NEW)
        if isinstance(what, str):
            return self._segment(what)
        if isinstance(what, Mapping) and ("rule" in what or "segkit" in what):
            what = parse_document(dict(what))
        if not isinstance(what, Document):
            return {"name": "", "rule": _plain(parse_rule(what))}
        held = self._definitions.by_id.get(what.id or "")
        if held is not None and held.kind == "custom":
            self._keep(what, held.version)
        return _data(what)

    def _segment(self, name: str) -> Message:
        found = self._definitions[name]
        if found.kind == "imported":
            raise SegkitError(f"‘{found.name}’ is an imported list, which has no rule; use it in a rule instead")
        if found.kind == "predefined":  # read-only: what is edited is a copy
            return {**_data(found.document), "name": f"{found.name[:56]} (copy)"}
        self._keep(found.document, found.version)
        return _data(found.document)

    def _keep(self, document: Document, version: int | None) -> None:
        data = document_data(document)
        self._kept = {key: value for key, value in data.items() if key not in (*FILED, "rule", "segkit")}
        self.version = version

    def _draft(self, data: Message) -> Draft:
        return draft_of(data, self.app.vocabulary, self._known(), self._kept)

    def _known(self) -> list[str]:
        return [*self._definitions.ids, *self._definitions.by_id]

    # --- what the view shows -----------------------------------------------------------------------------------------

    def offered(self) -> Message:
        """All that the view needs once: words, the vocabulary, segments."""
        vocabulary = vocabulary_offered(self.app)
        return {"words": words(), "vocabulary": vocabulary, "segments": segments_offered(self.app)}

    def shown(self) -> Message:
        """What is edited, for a view that opens."""
        draft = self.draft
        data = {**draft.filed, "name": draft.name, "rule": _plain(draft.rule)}
        return {
            "document": json.loads(to_json(data)), "as_of": self.as_of.isoformat(), "edit": self.edit,
            "id": self._kept.get("id"), "version": self.version, "taken": self._taken(), "numbers": self.numbers,
        }  # fmt: skip

    def _taken(self) -> Message:
        draft = self.draft
        return {
            "kind": "taken", "edit": self.edit, "sentence": self._sentence(), "left_out": draft.left_out,
            "problems": _placed(draft.problems),
            "name_problem": self._name_problem(),
        }  # fmt: skip

    def _sentence(self) -> str:
        return sentence(self.draft.counted, self.app.vocabulary, self._definitions.name_of)

    def _name_problem(self) -> str:
        name = self.draft.name
        return saving.name_problem(name, self._definitions, self._kept.get("id")) if name else ""

    # --- what the view asks ------------------------------------------------------------------------------------------

    def receive(self, message: object) -> None:
        """Does what a message of the view asks, and tells the answer; whatever it holds, the builder goes on."""
        if not isinstance(message, Mapping):
            return
        do = message.get("do")
        if do == "rule":
            self._take(message)
        elif do == "stop":
            self._stop()
        elif isinstance(do, str) and do in _ANSWERS:
            self._answers.submit(self._answer, do, dict(message))

    def _take(self, message: Mapping[str, Any]) -> None:
        edit = message.get("edit")
        number = edit if isinstance(edit, int) and not isinstance(edit, bool) else 0
        try:
            as_of = self._day(message.get("as_of"))
            draft = read_draft(message.get("document"), self.app.vocabulary, self._known(), self._kept)
        except SegkitError as error:
            problems = error.problems if isinstance(error, DefinitionError) else ()
            told = {"kind": "refused", "edit": number, "message": _refusal(error)}
            self.tell({**told, "problems": _placed(problems[:_MOST_PROBLEMS])})
            return
        with self._lock:
            self.draft, self.as_of, self.edit = draft, as_of, number
        self.tell(self._taken())
        self._count_again()

    def _count_again(self) -> None:
        """Counts, unless these very numbers are there, or being made: such as when only the name was typed."""
        with self._lock:
            wanted, counted = self._asked(), self._counted
            is_there = wanted.is_like(counted)
            is_coming = wanted.is_like(self._counting)
        if is_there:
            if not is_coming:
                self._counter.stop()
            self.tell({**self.numbers, "edit": wanted.edit})
        elif not is_coming:
            self.count()

    def _asked(self) -> Asked:
        return Asked(self.edit, self.draft.counted, self.as_of, self.draft.places)

    def count(self) -> None:
        """Counts what stands now; what is being counted is given up."""
        with self._lock:
            self._counting = asked = self._asked()
        self._counter.ask(asked)

    def _stop(self) -> None:
        """Gives up what is being counted, because somebody asked for that."""
        self._counter.stop()
        with self._lock:
            self._counting = None
        self.tell({"kind": "stopped", "edit": self.edit})

    def _told(self, asked: Asked, told: Message) -> None:
        """Passes on what was counted, with the number of the edit that it is true of by now."""
        with self._lock:
            edit = self.edit if asked.is_like(self._asked()) else asked.edit
            told = {**told, "edit": edit}
            if told["kind"] == "numbers":
                self.numbers, self._counted = told, asked
            elif told["kind"] == "details" and asked.is_like(self._counted):
                self.numbers = {**self.numbers, "without": told["without"], "missing": told["missing"]}
            if told["kind"] in ("details", "failed") and asked is self._counting:
                self._counting = None
        self.tell(told)

    def _day(self, text: object) -> date:
        if not isinstance(text, str) or len(text) > 10:
            raise SegkitError("as of: found no day; expected one such as 2026-01-31")
        return self.app.day(text)

    def _answer(self, do: str, message: Message) -> None:
        answer = {"kind": "answer", "ask": message.get("ask")}
        try:
            self.tell({**answer, **_ANSWERS[do](self, message)})
        except SegkitError as error:
            self.tell({**answer, "refused": _refusal(error)})
        except Exception as error:  # whatever it is, the builder goes on and says what failed
            reason = masked_failure(type(error).__name__, str(error))
            self.tell({**answer, "refused": f"{type(error).__name__}: {reason}"})

    def _values(self, message: Message) -> Message:
        code, event, search = (_text(message, key) for key in ("code", "event", "search"))
        offset = message.get("offset", 0)
        offset = offset if isinstance(offset, int) and 0 <= offset < 10**9 else 0
        if event:
            return parameter_choices(self.app, event, code, self.as_of, search, offset)
        return label_choices(self.app, code, self.as_of, search, offset)

    def _segments(self, _message: Message) -> Message:
        self._definitions = self.app.definitions()
        return {"segments": segments_offered(self.app)}

    def _forms(self, _message: Message) -> Message:
        """The rule in the forms of other tools, conditions that are not complete left out."""
        draft = self.draft
        data = {**document_data(draft.document), "rule": _plain(draft.counted)}
        python = to_python(draft.counted)
        return {
            "edit": self.edit, "python": python, "yaml": to_yaml(data),
            "sql": self.app.as_sql(draft.counted, self.as_of), "left_out": draft.left_out,
        }  # fmt: skip

    def _paste(self, message: Message) -> Message:
        """A document or a rule that was pasted as YAML or JSON, as the view holds it; nothing is changed yet."""
        text = _text(message, "text", MOST_CHARACTERS)
        found = load_text(text, "the text.json" if text.lstrip().startswith("{") else "the text.yaml")
        if isinstance(found, Mapping) and ("rule" in found or "segkit" in found):
            data = _data(parse_document({"name": "Pasted", **found}, "the text"))
            if "name" not in found:
                data["name"] = ""
        else:
            data = {"rule": _plain(parse_rule(found, "the text"))}
        return {"document": json.loads(to_json(data))}

    # --- saving ------------------------------------------------------------------------------------------------------

    def _save(self, message: Message) -> Message:
        self._definitions = self.app.definitions()
        how = _text(message, "how")
        conflict = self._conflict
        try:
            draft = read_draft(message.get("document"), self.app.vocabulary, self._known(), self._kept)
            _require_complete(draft)
            if conflict is None or not how:
                return self._saved(draft.document, self.version)
            document = saving.chosen(conflict, how, draft.document)
            if how == "theirs":
                return self._went_over(document, conflict.version)
            return self._saved(document, conflict.version)
        except StaleSave as stale:
            self._conflict = stale.conflict
            return {"conflict": saving.conflict_of(stale, self.app)}
        except SegkitError as error:
            return {"refused": saving.words_of_failure(error)}

    def _saved(self, document: Document, based_on: int | None) -> Message:
        saved = saving.save(self.app, document, based_on)
        self._definitions = self.app.definitions()
        return {**self._went_over(saved.document, saved.version), "note": saved.note, "name": saved.document.name}

    def _went_over(self, document: Document, version: int | None) -> Message:
        """What is edited is this saved document from now on."""
        with self._lock:
            self._keep(document, version)
            self._conflict = None
            self.draft = self._draft({**self.draft.filed, "rule": _plain(self.draft.rule)})
        shown = json.loads(to_json(_data(document)))
        return {"version": version, "id": document.id, "document": shown, "segments": segments_offered(self.app)}


_ANSWERS: dict[str, Callable[[BuilderModel, Message], Message]] = {
    "values": BuilderModel._values,
    "segments": BuilderModel._segments,
    "forms": BuilderModel._forms,
    "paste": BuilderModel._paste,
    "save": BuilderModel._save,
}


def _data(document: Document) -> Message:
    """What the view holds of a document."""
    return {key: value for key, value in document_data(document).items() if key in (*FILED, "rule")}


def _plain(rule: Condition) -> Message:
    return rule_data(rule)


def _text(message: Mapping[str, Any], key: str, most: int = 1_000) -> str:
    """A text of a message. Raises SegkitError for another thing, and for one that is too long."""
    found = message.get(key, "")
    if not isinstance(found, str):
        raise SegkitError(f"{key}: found no text")
    if len(found) > most:
        raise SegkitError(f"{key}: found {len(found):,} characters; expected at most {most:,}")
    return found


def _require_complete(draft: Draft) -> None:
    if not draft.name:
        raise SegkitError("Not saved: the segment has no name. Give it one.")
    if draft.problems:
        raise DefinitionError("the rule", draft.problems)


def _placed(problems: Iterable[Problem]) -> list[Message]:
    return [{"place": problem.place, "message": problem.message} for problem in problems]


def _refusal(error: SegkitError) -> str:
    if not isinstance(error, DefinitionError):
        return str(error)
    left = len(error.problems) - 5
    told = [str(problem) for problem in error.problems[:5]]
    return "; ".join([*told, *([f"and {left:,} more"] if left > 0 else [])])
