"""The list of segments and what is done from it; no widgets, no browser. Rights are asked by the app's own methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from segkit.api.infos import SegmentInfo
from segkit.engine.protocol import Progress
from segkit.errors import Cancelled, NotFound, SegkitError
from segkit.operations.roles import Right, may
from segkit.workbench.builder import assets as builder_files
from segkit.workbench.builder.model import BuilderModel
from segkit.workbench.panels.model import Asked, Buffers, Message, PanelModel
from segkit.workbench.panels.segments import one
from segkit.workbench.panels.segments.listing import DAYS, listed
from segkit.workbench.panels.within import Shown, Within

if TYPE_CHECKING:
    from segkit.api import App

#: Makes another panel of an app and a segment's name, which is empty where it is of no segment.
Open = Callable[["App", str], Shown]

#: So many days that were not published are worked out unasked; more take long.
_FEW_DAYS = 2
_RIGHTS: tuple[Right, ...] = ("members", "export", "edit")


class SegmentsModel(PanelModel):
    """All segments of an app. `others` are the panels that it can show within it, by what they are for."""

    beside = frozenset({"trend", "update"})

    def __init__(self, app: App, others: Mapping[str, Open] | None = None) -> None:
        super().__init__()
        self.app = app
        self.others: Mapping[str, Open] = {"edit": rule_builder, **(others or {})}
        self.chosen = ""
        self.within = Within(self, self._heard)
        self.answers = {
            "list": lambda asked: listed(app, asked), "open": self._open, "shut": self._shut, "trend": self._trend,
            "update": self._update, "history": self._history, "lineage": self._lineage, "revert": self._revert,
            "duplicate": self._duplicate, "archive": self._archive, "unarchive": self._unarchive,
            "delete": self._delete, "undelete": self._undelete, "show": self._show, "hide": self._hide,
        }  # fmt: skip

    def opening(self) -> Message:
        """What a view needs when it opens: what there is to do, and what is open."""
        workspace = self.app.workspace
        roles, actor = workspace.settings.roles, workspace.actor
        rights = [right for right in _RIGHTS if may(roles, actor, right)]
        return {
            "app": self.app.name, "days": DAYS, "as_of": self.app.as_of.isoformat(), "rights": rights,
            "others": sorted(self.others), "chosen": self.chosen, "within": self.within.state(),
        }  # fmt: skip

    def receive(self, message: object, buffers: Buffers = ()) -> None:
        """Takes what a view sent, of this panel or of the one within it."""
        if isinstance(message, Mapping) and message.get("do") == "within":
            self.within.receive(message, [bytes(each) for each in buffers])
        else:
            super().receive(message, buffers)

    def close(self) -> None:
        """Ends its threads and the panel within it."""
        self.within.end()
        super().close()

    # --- one segment -------------------------------------------------------------------------------------------------

    def _open(self, asked: Asked) -> Message:
        found = one.opened(self.app, self._id(asked))
        self.chosen = str(found["id"])
        return {"segment": found}

    def _shut(self, _asked: Asked) -> Message:
        self.chosen = ""
        return {}

    def _trend(self, asked: Asked) -> Message:
        info = self._info(asked)
        missing = one.days_to_work_out(self.app, info)
        if missing > _FEW_DAYS and not asked.flag("wait"):
            return {"missing": missing}
        found = self.app.trend(info.id, progress=self._told_by(asked))
        chart = found.chart()
        table = [[point.as_of.isoformat(), point.count, point.entered, point.left] for point in found.points]
        return {"svg": chart.svg if chart else "", "words": found.words, "table": table}

    def _history(self, asked: Asked) -> Message:
        info = self._info(asked)
        return one.history_shown(self.app.history(info.id), info.version)

    def _lineage(self, asked: Asked) -> Message:
        return one.lineage_shown(self.app.lineage(self._id(asked)))

    # --- what is done with it ----------------------------------------------------------------------------------------

    def _update(self, asked: Asked) -> Message:
        report = self.app.refresh([self._id(asked)], progress=self._told_by(asked))
        report.raise_what_is_not_published()
        (row, *readers) = sorted(report.segments, key=lambda segment: segment.id != asked.message.get("id"))
        said = f"‘{row.name}’ has {row.count:,} users as of {report.as_of}"
        also = f", and {len(readers)} that read it are updated too" if readers else ""
        return {"said": f"{said} ({row.status}){also}."}

    def _revert(self, asked: Asked) -> Message:
        info, to = self._info(asked), asked.number("to", least=1)
        saved = self.app.revert(info.id, to)
        said = f"‘{saved.name}’ is as in version {to} again, saved as version {saved.version}."
        return {"said": said, "was": info.version}

    def _duplicate(self, asked: Asked) -> Message:
        saved = self.app.duplicate(self._id(asked), asked.text("name", 200))
        return {"said": f"‘{saved.name}’ is saved.", "id": saved.id}

    def _archive(self, asked: Asked) -> Message:
        return {"said": f"‘{self.app.archive(self._id(asked)).name}’ is archived.", "undo": "unarchive"}

    def _unarchive(self, asked: Asked) -> Message:
        return {"said": f"‘{self.app.unarchive(self._id(asked)).name}’ is back.", "undo": "archive"}

    def _delete(self, asked: Asked) -> Message:
        info = self._info(asked)
        self.app.delete(info.id)
        return {"said": f"‘{info.name}’ is deleted; its versions stay on record.", "undo": "undelete"}

    def _undelete(self, asked: Asked) -> Message:
        saved = self.app.undelete(self._id(asked), asked.text("name", 200) or None)
        return {"said": f"‘{saved.name}’ is back.", "undo": "delete"}

    # --- other panels ------------------------------------------------------------------------------------------------

    def _show(self, asked: Asked) -> Message:
        what = asked.text("what", 20)
        if what not in self.others:
            raise SegkitError(f"what: expected one of {', '.join(sorted(self.others))}")
        name = self._info(asked).id if asked.text("id", 100) else ""
        self.within.show(self.others[what](self.app, name))
        return {}

    def _hide(self, _asked: Asked) -> Message:
        self.within.close()
        return {}

    def _heard(self, message: Message) -> None:
        """What a builder saved is listed at once."""
        if message.get("kind") == "answer" and isinstance(message.get("version"), int):
            self.tell({"kind": "changed", "id": message.get("id")})

    # -----------------------------------------------------------------------------------------------------------------

    def _info(self, asked: Asked) -> SegmentInfo:
        return one.found(self.app, self._id(asked))

    def _id(self, asked: Asked) -> str:
        """The id that is asked for: a name is none, for the one that was meant may be called otherwise by now."""
        segment_id = asked.text("id", 100)
        if not segment_id.startswith(("sg_", "pd_")):
            raise NotFound(f"found no id in '{segment_id[:60]}'; expected one such as sg_4k9…")
        return segment_id

    def _told_by(self, asked: Asked) -> Progress:
        """Tells the view how far it is, and ends what nobody waits for any more."""

        def progress(done: int, all_: int) -> None:
            if asked.cancel.is_set():
                raise Cancelled("stopped")
            self.tell({"kind": "progress", "ask": asked.message.get("ask"), "done": done, "all": all_})

        progress(0, 0)
        return progress


def rule_builder(app: App, name: str) -> Shown:
    """The rule builder of a segment, or of a new one."""
    return Shown(BuilderModel(app, name or None), builder_files.script(), builder_files.style(), "edit")
