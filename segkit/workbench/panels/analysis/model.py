"""The analysis panel's state: which segments are looked at, in which view; each view's question and its finding."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from segkit.analysis.overlap import MOST
from segkit.engine.watching import watched
from segkit.errors import Cancelled, SegkitError
from segkit.operations.roles import may
from segkit.store.searching import Search
from segkit.workbench.panels.analysis import keeping
from segkit.workbench.panels.analysis.plain import plain, remarks
from segkit.workbench.panels.analysis.questions import KINDS, Found, Question, segment_ids
from segkit.workbench.panels.model import Asked, Buffers, Message, PanelModel

if TYPE_CHECKING:
    from segkit.api import App

#: Seconds between two words about how far an evaluation has come.
_BETWEEN = 0.2
#: What lint says between segments, rather than of one.
_BETWEEN_SEGMENTS = ("gap", "overlap")


class AnalysisModel(PanelModel):
    """Answers the questions of all views. Of several that were asked only the newest is answered."""

    def __init__(self, app: App, names: Sequence[str] = (), *, view: str = "", as_of: date | None = None) -> None:
        super().__init__()
        self.app = app
        self.as_of = as_of
        definitions = app.definitions()
        self.chosen = list(dict.fromkeys(definitions[name].id for name in names))
        if len(self.chosen) > MOST:
            raise SegkitError(f"found {len(self.chosen)} segments; expected at most {MOST} at a time")
        if view and view not in KINDS:
            raise SegkitError(f"view '{view}': expected one of {', '.join(KINDS)}")
        self.view = view or ("overlap" if len(self.chosen) > 1 else "conditions")
        self.questions: dict[str, Question] = {}
        self.finding: Found | None = None
        self._newest: object = None
        self._made: set[str] = set()
        self.answers = {
            **{name: partial(self._found, name) for name in KINDS},
            "look": self._look,
            "lint": self._lint,
            "versions": self._versions,
            "offer": lambda asked: keeping.offered(app, asked),
            "name": lambda asked: keeping.problem_of(app, asked),
            "keep": self._keep,
            "let_go": self._let_go,
        }

    def opening(self) -> Message:
        """Which segments there are, which are looked at, and what each view asked last."""
        app = self.app
        return {
            "app": app.name,
            "views": [[name, kind.title] for name, kind in KINDS.items()],
            "view": self.view,
            "chosen": list(self.chosen),
            "as_of": self.as_of.isoformat() if self.as_of else "",
            "newest": app.as_of.isoformat(),
            "questions": dict(self.questions),
            "segments": self._segments(),
            "labels": [
                [label.code, label.name, label.category] for label in app.vocabulary.labels if label.personal is None
            ],
            "most": MOST,
            "may_save": may(app.workspace.settings.roles, app.workspace.actor, "edit"),
        }

    def receive(self, message: object, buffers: Buffers = ()) -> None:
        """A newer question overtakes what runs, and those that wait."""
        if isinstance(message, dict) and message.get("do") in KINDS:
            self._newest = message.get("ask")
            self.cancel()
        super().receive(message, buffers)

    # --- answers -----------------------------------------------------------------------------------------------------

    def _found(self, view: str, asked: Asked) -> Message:
        if asked.message.get("ask") != self._newest:
            raise Cancelled("overtaken by a newer question")
        kind = KINDS[view]
        question = kind.read(self.app, asked)
        as_of = self.as_of = asked.day("as_of")
        self.questions[view], self.view = question, view
        begun = time.perf_counter()
        with watched(self._progress(asked.message.get("ask")), asked.cancel):
            self.finding = kind.find(self.app, question, as_of)
        return {
            "found": plain(self.finding),
            "question": question,
            "code": kind.code(self.app, question, as_of),
            "ms": round((time.perf_counter() - begun) * 1000),
        }

    def _progress(self, ask: object) -> Any:
        told = time.perf_counter()

        def progress(done: int, everything: int) -> None:
            nonlocal told
            if time.perf_counter() - told > _BETWEEN:
                told = time.perf_counter()
                self.tell({"kind": "progress", "ask": ask, "done": done, "all": everything})

        return progress

    def _look(self, asked: Asked) -> Message:
        """Remembers what the screen shows, so that a reloaded page shows it again."""
        view = asked.text("view", 20)
        if view not in KINDS:
            raise SegkitError(f"view: expected one of {', '.join(KINDS)}")
        self.chosen, self.view, self.as_of = segment_ids(self.app, asked), view, asked.day("as_of")
        return {}

    def _lint(self, asked: Asked) -> Message:
        """What is odd about one segment, or between several."""
        app, found = self.app, segment_ids(self.app, asked)
        ruled = [key for key in found if app.definitions()[key].kind != "imported"]
        if not ruled or (len(found) > 1 and len(ruled) < 2):
            return {"remarks": []}
        with watched(None, asked.cancel):
            if len(found) == 1:
                return {"remarks": remarks(app.lint(ruled[0], asked.day("as_of")))}
            return {"remarks": remarks(app.lint_set(ruled, as_of=asked.day("as_of")), _BETWEEN_SEGMENTS)}

    def _versions(self, asked: Asked) -> Message:
        """Every version of a segment, the newest first; none of what has none."""
        definition = self.app.definitions()[asked.text("segment", 200)]
        if definition.version is None:
            return {"versions": []}
        entries = [entry for entry in self.app.history(definition.id).entries if entry.version]
        return {"versions": [[e.version, e.when, e.actor, e.lines[:3]] for e in entries]}

    def _keep(self, asked: Asked) -> Message:
        found = keeping.kept(self.app, asked)
        self._made.add(found["id"])
        return {**found, "segments": self._segments()}

    def _let_go(self, asked: Asked) -> Message:
        """Takes back a segment that was made here."""
        key = asked.text("segment", 200)
        if key not in self._made:
            raise SegkitError("only a segment that was made in this panel can be taken back here")
        self.app.delete(key)
        self._made.discard(key)
        self.chosen = [each for each in self.chosen if each != key]
        return {"segments": self._segments()}

    def _segments(self) -> list[Message]:
        keys = ("id", "name", "kind", "count", "cycle", "version", "folder")
        return [
            {key: getattr(info, key) for key in keys} | {"as_of": info.as_of.isoformat() if info.as_of else ""}
            for info in self.app.segments(Search())
            if not info.missing
        ]
