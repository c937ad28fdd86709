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
from segkit.definitions.documents import Document, rule_data, to_json
from segkit.definitions.sentences import sentence
from segkit.errors import DefinitionError, Problem, SegkitError
from segkit.masking import masked_failure
from segkit.workbench.builder.answers import ANSWERS
from segkit.workbench.builder.counting import Asked, Counter
from segkit.workbench.builder.draft import Draft, draft_of, read_draft
from segkit.workbench.builder.findings import beside
from segkit.workbench.builder.offering import segments_offered, vocabulary_offered
from segkit.workbench.builder.opening import Origin, opened, origin_of
from segkit.workbench.builder.saving import name_problem
from segkit.workbench.builder.words import words

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.store.conflicts import Conflict

Message = dict[str, Any]
#: Of a rule that is refused.
_MOST_PROBLEMS = 50


class BuilderModel:
    """One rule being edited. `tell` is called with every answer, from whichever thread has it."""

    def __init__(self, app: App, what: RuleLike | None = None, as_of: date | None = None) -> None:
        self.app = app
        self.as_of = as_of or app.as_of
        self.edit = 0
        self.tell: Callable[[Message], None] = lambda _message: None
        self.answers = dict(ANSWERS)
        self.numbers: Message = {}
        self.findings: Message = {}
        self._origin = Origin()
        self.conflict: Conflict | None = None
        self._counting: Asked | None = None
        self._counted: Asked | None = None  # what `numbers` are of
        self._definitions = app.definitions()
        self._lock = threading.RLock()
        self._counter = Counter(app, self._told)
        self._answers = ThreadPoolExecutor(1, "segkit builder answers")
        self.draft = self._opened(what)
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
        draft = self._opened(what)
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

    def read(self, text: object) -> Draft:
        """The draft that a text of the view describes. Raises SegkitError for what no rule can be."""
        return read_draft(text, self.app.vocabulary, self._known(), self._origin.kept)

    def look_again(self) -> None:
        """Reads which segments there are."""
        self._definitions = self.app.definitions()

    def go_over(self, document: Document, version: int | None) -> None:
        """What is edited is this saved document from now on."""
        with self._lock:
            self._origin, self.conflict = origin_of(document, version), None
            self.draft = self._draft({**self.draft.filed, "rule": rule_data(self.draft.rule)})

    @property
    def version(self) -> int | None:
        """The version that a save is based on."""
        return self._origin.version

    def _opened(self, what: RuleLike | None) -> Draft:
        data, self._origin = opened(what, self._definitions)
        self.conflict = None
        return self._draft(data)

    def _draft(self, data: Message) -> Draft:
        return draft_of(data, self.app.vocabulary, self._known(), self._origin.kept)

    def _known(self) -> list[str]:
        return [*self._definitions.ids, *self._definitions.by_id]

    # --- what the view shows -----------------------------------------------------------------------------------------

    def offered(self) -> Message:
        """All that the view needs once: words, the vocabulary, segments."""
        vocabulary = vocabulary_offered(self.app)
        return {"words": words(), "vocabulary": vocabulary, "segments": segments_offered(self.app)}

    def opening(self) -> Message:
        """All that a view needs when it opens."""
        return {**self.offered(), **self.shown()}

    def shown(self) -> Message:
        """What is edited, for a view that opens."""
        draft = self.draft
        data = {**draft.filed, "name": draft.name, "rule": rule_data(draft.rule)}
        return {
            "app": self.app.name, "document": json.loads(to_json(data)), "as_of": self.as_of.isoformat(),
            "edit": self.edit, "id": self._origin.id, "version": self.version, "taken": self._taken(),
            "numbers": self.numbers, "findings": self.findings,
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
        return name_problem(name, self._definitions, self._origin.id) if name else ""

    # --- what the view asks ------------------------------------------------------------------------------------------

    def receive(self, message: object, _buffers: object = ()) -> None:
        """Does what a message of the view asks, and tells the answer; whatever it holds, the builder goes on."""
        if not isinstance(message, Mapping):
            return
        do = message.get("do")
        if do == "rule":
            self._take(message)
        elif do == "stop":
            self._stop()
        elif do == "count":
            self.count()
        elif do == "opened":
            self._count_again()
        elif isinstance(do, str) and do in self.answers:
            self._answers.submit(self._answer, do, dict(message))

    def _take(self, message: Mapping[str, Any]) -> None:
        edit = message.get("edit")
        number = edit if isinstance(edit, int) and not isinstance(edit, bool) else 0
        try:
            as_of = self._day(message.get("as_of"))
            draft = self.read(message.get("document"))
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
            known = [self.numbers, self.findings] if wanted.is_like(counted) else []
            is_coming = wanted.is_like(self._counting)
        for told in filter(None, known):
            self.tell({**told, "edit": wanted.edit})
        if not is_coming and all(known) and known:
            self._counter.stop()
        elif not is_coming:
            self.count()

    def _asked(self) -> Asked:
        others = beside(self.draft, self._origin.id, self._definitions)
        return Asked(self.edit, self.draft.counted, self.as_of, self.draft.places, others)

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
                self.numbers, self.findings, self._counted = told, {}, asked
            elif told["kind"] == "details" and asked.is_like(self._counted):
                self.numbers = {**self.numbers, "without": told["without"]}
            elif told["kind"] == "findings" and asked.is_like(self._counted):
                self.findings = told
            if told["kind"] in ("findings", "failed") and asked is self._counting:
                self._counting = None
        self.tell(told)

    def _day(self, text: object) -> date:
        if not isinstance(text, str) or len(text) > 10:
            raise SegkitError("as of: found no day; expected one such as 2026-01-31")
        return self.app.day(text)

    def _answer(self, do: str, message: Message) -> None:
        answer = {"kind": "answer", "ask": message.get("ask")}
        try:
            self.tell({**answer, **self.answers[do](self, message)})
        except SegkitError as error:
            self.tell({**answer, "refused": _refusal(error)})
        except Exception as error:  # whatever it is, the builder goes on and says what failed
            reason = masked_failure(type(error).__name__, str(error))
            self.tell({**answer, "refused": f"{type(error).__name__}: {reason}"})


def _placed(problems: Iterable[Problem]) -> list[Message]:
    return [{"place": problem.place, "message": problem.message} for problem in problems]


def _refusal(error: SegkitError) -> str:
    if not isinstance(error, DefinitionError):
        return str(error)
    left = len(error.problems) - 5
    told = [str(problem) for problem in error.problems[:5]]
    return "; ".join([*told, *([f"and {left:,} more"] if left > 0 else [])])
