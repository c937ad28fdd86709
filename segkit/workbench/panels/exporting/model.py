"""What the export panel can do: say what an export would write, write it, hand over its zip, show what left before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.export_options import CHANNELS, ExportOptions, parse_columns, parse_variants
from segkit.api.reachable import WORDS
from segkit.errors import PartlyDone, SegkitError
from segkit.exchange.platforms import platforms
from segkit.operations.roles import may
from segkit.workbench.panels.model import Answer, Asked, Message, PanelModel
from segkit.workbench.panels.transfers import Download

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.api.results import SegmentInfo

_FORMATS = ("csv", "xlsx", "parquet", "jsonl")
_MOST = 500
_EARLIER = 50
_NEVER = (
    "Imported lists are never exported: people gave you these addresses for one purpose. Their users leave through "
    "a segment that refers to the list, or to a campaign, with consent checked."
)


class ExportModel(PanelModel):
    """Exports of one app."""

    def __init__(self, app: App, names: Sequence[str] = ()) -> None:
        super().__init__()
        self.app = app
        self.chosen = [app.segment(name).id for name in names]
        self._download = Download()
        self.answers |= {
            "plan": self._plan, "export": self._export, "made": lambda _asked: {"made": self._made()},
            "manifest": self._manifest, "file": self._file,
            "segments": lambda _asked: {"segments": self._segments()},
        }  # fmt: skip

    def opening(self) -> Message:
        """What can be chosen, and what whoever sits here may do."""
        app, roles, who = self.app, self.app.workspace.settings.roles, self.app.workspace.actor
        reach = app.settings.reach
        return {
            "app": app.name, "as_of": app.as_of.isoformat(), "chosen": self.chosen, "segments": self._segments(),
            "labels": [
                {"code": label.code, "name": label.name, "category": label.category, "personal": label.personal or ""}
                for label in app.vocabulary.labels
            ],
            "platforms": [
                {
                    "id": key, "name": platform.name, "format": platform.format, "more": platform.more_labels,
                    "columns": [
                        {"column": column.column, "needed": column.needed, "hashed": column.hash is not None}
                        for column in platform.columns if column.source == "label"
                    ],
                }
                for key, platform in platforms().items()
            ],
            "channels": [
                {"id": each, "name": WORDS[each]} for each in CHANNELS if getattr(reach, each) is not None
            ],
            "max_age_days": app.workspace.settings.snapshots.max_age_days,
            "made": self._made(), "may_export": may(roles, who, "export"), "who": who,
        }  # fmt: skip

    def close(self) -> None:
        """Ends the panel."""
        super().close()
        self._download.close()

    # --- before and after --------------------------------------------------------------------------------------------

    def _plan(self, asked: Asked) -> Message:
        names, as_of, options = _wanted(asked)
        if not names:
            raise SegkitError("Choose one or more segments.")
        return {"plan": self.app.plan_export(names, as_of, cancel=asked.cancel, **options).to_dict()}

    def _export(self, asked: Asked) -> Message:
        names, as_of, options = _wanted(asked)
        if not asked.flag("confirmed"):
            raise SegkitError("Not exported: whoever exports says so once, since people outside are concerned.")
        note = ""
        try:
            result = self.app.export(names, None, as_of, progress=self._told, cancel=asked.cancel, **options)
            file = result.path.name
        except PartlyDone as error:  # it is written
            file, note = "", str(error)
        made = self._made()
        newest = next((each for each in made if not file or Path(each["file"]).name == file), made[0])
        return {"export": newest, "note": note, "made": made, "manifest": self.app.export_manifest(newest["id"])}

    def _told(self, step: str, share: float) -> None:
        self.tell({"kind": "progress", "step": step, "share": share})

    # --- what left ---------------------------------------------------------------------------------------------------

    def _made(self) -> list[dict[str, Any]]:
        return [each.to_dict() for each in self.app.exports_made(_EARLIER)]

    def _manifest(self, asked: Asked) -> Message:
        return {"manifest": self.app.export_manifest(asked.number("export"))}

    def _file(self, asked: Asked) -> Answer:
        number = asked.number("export")
        names = [Path(each["file"]).name for each in self._made() if each["id"] == number] or ["export.zip"]
        return self._download.piece(
            asked, number, names[0], lambda: (self.app.exported_file(number), lambda: None), "application/zip"
        )

    # --- what may be chosen ------------------------------------------------------------------------------------------

    def _segments(self) -> list[dict[str, Any]]:
        return [
            {
                "id": info.id, "name": info.name, "kind": info.kind, "count": info.count, "updated": info.updated,
                "as_of": info.as_of.isoformat() if info.as_of else "", "note": info.note, "never": _never(info),
            }
            for info in self.app.segments()
        ]  # fmt: skip


def _never(info: SegmentInfo) -> str:
    if info.kind == "imported":
        return _NEVER
    return f"Unavailable: this app has no {', '.join(info.missing)}." if info.missing else ""


def _wanted(asked: Asked) -> tuple[list[str], date | None, ExportOptions]:
    """What a view asks for, as `App.export` takes it. Raises SegkitError for what is none of it."""
    form = asked.text("format", 20)
    channel = asked.text("channel", 20)
    if form and form not in _FORMATS:
        raise SegkitError(f"format: expected one of {', '.join(_FORMATS)}")
    if channel and channel not in CHANNELS:
        raise SegkitError(f"channel: expected one of {', '.join(CHANNELS)}")
    options: ExportOptions = {
        "labels": asked.texts("labels", _MOST),
        "format": form or None,  # type: ignore[typeddict-item]  # checked above
        "profile": asked.text("profile", 100) or None,
        "channel": channel or None,
        "columns": parse_columns(asked.texts("columns", _MOST)),
        "holdout": _percent(asked.text("holdout", 20)),
        "seed": asked.text("seed", 200),
        "variants": parse_variants(asked.text("variants", 1_000)),
        "changes": asked.flag("changes"),
        "max_age_days": _days(asked.text("max_age_days", 20)),
    }
    return asked.texts("segments", _MOST), asked.day("as_of"), options


def _percent(text: str) -> float:
    try:
        found = float(text.replace(",", ".").strip().rstrip("%").strip() or 0)
    except ValueError:
        raise SegkitError(f"Control group: found ‘{text}’; expected percent, such as 10.") from None
    if not 0 <= found < 100:
        raise SegkitError(f"Control group: found ‘{text}’; expected percent from 0 to below 100.")
    return found


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal():
        raise SegkitError(f"Oldest: found ‘{text}’; expected a number of days, such as 2.")
    return min(int(text), 100_000)
