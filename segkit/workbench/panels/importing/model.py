"""What the import panel can do: a file comes in pieces, is looked at, imported, and what was rejected goes back out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.ages import moment_words
from segkit.api.lists.looking_at import ListLook
from segkit.definitions.documents import LONGEST_DESCRIPTION
from segkit.definitions.naming import LONGEST_NAME
from segkit.errors import Forbidden, ImportedBefore, SegkitError
from segkit.exchange.lists.headings import FIELDS
from segkit.exchange.lists.reading.limits import ReadingLimits, megabytes
from segkit.masking import masked_text
from segkit.operations.roles import may, require
from segkit.store.searching import Search
from segkit.workbench.builder.saving import name_problem
from segkit.workbench.panels.model import Answer, Asked, Message, PanelModel
from segkit.workbench.panels.transfers import Download, Upload, private_scratch

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.api.lists.reports import ImportReport

_MODES = ("replace", "add", "remove")
_EXAMPLES = 5
_SHOWN_HEADING = 40
_CAUSES = {"import": "a file", "hand": "by hand", "match": "matched after a load", "erase": "somebody was erased"}
_KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class ImportModel(PanelModel):
    """One app's lists. Holds at most one uploaded file, which is private, and gone once it is imported or given up."""

    def __init__(self, app: App, into: str | None = None, most: int | None = None) -> None:
        super().__init__()
        self.app = app
        self.into = app.segment(into).id if into else ""
        self._most = ReadingLimits().file if most is None else most
        self._upload: Upload | None = None
        self._look: ListLook | None = None
        self._download = Download()
        self.answers |= {
            "begin": self._begin, "piece": self._piece, "look": self._looked, "discard": self._discarded,
            "name": self._named, "import": self._import, "template": self._template, "failures": self._failures,
            "lists": lambda _asked: {"lists": self._lists()}, "versions": self._versions, "rows": self._rows,
        }  # fmt: skip

    def opening(self) -> Message:
        """Lists that are there, and what whoever sits here may do."""
        roles, who = self.app.workspace.settings.roles, self.app.workspace.actor
        return {
            "app": self.app.name, "lists": self._lists(), "into": self.into, "fields": list(FIELDS),
            "name_length": LONGEST_NAME, "description_length": LONGEST_DESCRIPTION, "most": megabytes(self._most),
            "may_import": may(roles, who, "edit"), "may_export": may(roles, who, "export"), "who": who,
        }  # fmt: skip

    def close(self) -> None:
        """Ends the panel; no file of it stays on the disk."""
        super().close()
        self._discard()
        self._download.close()

    # --- the file ----------------------------------------------------------------------------------------------------

    def _begin(self, asked: Asked) -> Message:
        workspace = self.app.workspace
        require(workspace.settings.roles, workspace.actor, "edit", "import_list")
        self._discard()
        size = asked.number("size", most=1 << 50)
        self._upload = Upload(workspace.folder, asked.text("name"), size, self._most)
        return {}

    def _piece(self, asked: Asked) -> Message:
        upload = self._uploading
        upload.take(asked.number("at", most=1 << 50), asked.buffers[0] if asked.buffers else b"")
        return {"received": upload.received}

    def _looked(self, asked: Asked) -> Message:
        upload = self._whole
        try:
            look = self.app.look_at_list(upload.path, cancel=asked.cancel)
        except SegkitError as error:
            self._discard()
            raise _without_path(error, upload) from None
        self._look = look
        return {
            "file": masked_text(upload.name), "rows": look.rows, "written": look.written, "columns": look.columns,
            "headings": [_shown(heading) for heading in look.headings], "problem": _sentence(look.problem),
            "sheets": list(look.sheets), "sheets_left_out": [_shown(name) for name in look.sheets_left_out],
        }  # fmt: skip

    def _discarded(self, _asked: Asked) -> Message:
        self._discard()
        return {}

    def _discard(self) -> None:
        upload, self._upload, self._look = self._upload, None, None
        if upload is not None:
            upload.discard()

    @property
    def _uploading(self) -> Upload:
        if self._upload is None:
            raise SegkitError("There is no file here any more; choose it again.")
        return self._upload

    @property
    def _whole(self) -> Upload:
        if not self._uploading.is_whole:
            raise SegkitError("The file is not here as a whole; choose it again.")
        return self._uploading

    # --- importing ---------------------------------------------------------------------------------------------------

    def _named(self, asked: Asked) -> Message:
        name = asked.text("name")
        return {"problem": name_problem(name, self.app.definitions(), None) if name.strip() else ""}

    def _import(self, asked: Asked) -> Message:
        upload, look = self._whole, self._look
        if look is None:
            raise SegkitError("The file was not looked at yet; choose it again.")
        mode, into = asked.text("mode") or "replace", asked.text("into")
        if mode not in _MODES:
            raise SegkitError(f"mode: expected one of {', '.join(_MODES)}")
        name = asked.text("name").strip()
        if not into and (problem := name_problem(name, self.app.definitions(), None)):
            raise SegkitError(f"Not imported: {problem}")
        try:
            report = self.app.import_list(
                upload.path,
                name=None if into else name,
                into=into or None,
                description="" if into else asked.text("description"),
                mode=mode,  # type: ignore[arg-type]  # checked above
                consented=asked.flag("consented"),
                region=asked.text("region", 10).strip() or None,
                mapping=_mapping(asked, look),
                again=asked.flag("again"),
                progress=lambda step, share: self.tell({"kind": "progress", "step": step, "share": share}),
                cancel=asked.cancel,
            )
        except ImportedBefore as error:
            words = str(_without_path(error, upload)).split(" `--again`")[0]
            return {"before": f"{words} Import it once more if you mean to."}
        except SegkitError as error:
            raise _without_path(error, upload) from None
        self._discard()
        return {"report": self._told(report), "lists": self._lists()}

    def _told(self, report: ImportReport) -> dict[str, Any]:
        told = {**report.to_dict(), "lines": report.lines()}
        told |= {key: list(told[key]) for key in ("columns_left_out", "sheets", "sheets_left_out")}
        told["columns"] = {field: _shown(heading) for field, heading in report.columns.items()}
        told["columns_left_out"] = [_shown(heading) for heading in report.columns_left_out]
        try:
            wanted = [status for status in ("rejected", "duplicate", "external") if told[status]]
            told["examples"] = {status: self._page(report.id, status, 0, _EXAMPLES) for status in wanted}
        except Forbidden as error:  # counts are for everybody who may look
            told["examples"], told["no_examples"] = {}, str(error)
        return told

    # --- lists -------------------------------------------------------------------------------------------------------

    def _lists(self) -> list[dict[str, Any]]:
        return [
            {
                "id": info.id, "name": info.name, "description": info.description, "users": info.count,
                "updated": info.updated, "versions": len(versions), "external": versions[0].external if versions else 0,
                "rejected": versions[0].detail.get("rejected", 0) if versions else 0,
            }
            for info in self.app.segments(Search(kind="imported"))
            for versions in [self.app.list_versions(info.id)]
        ]  # fmt: skip

    def _versions(self, asked: Asked) -> Message:
        now = self.app.workspace.clock()
        versions = [
            {
                "number": version.number, "made": moment_words(version.at, now, self.app.zone), "by": version.actor,
                "cause": _CAUSES[version.cause], "mode": version.detail.get("mode", ""), "users": version.matched,
                "external": version.external,
            }
            for version in self.app.list_versions(asked.text("list"))
        ]  # fmt: skip
        return {"versions": versions}

    def _rows(self, asked: Asked) -> Message:
        after = asked.number("after")
        return {"rows": self._page(asked.text("list"), asked.text("status") or None, after, 100)}

    def _page(self, name: str, status: str | None, after: int, limit: int) -> list[dict[str, Any]]:
        rows = self.app.list_rows(name, status, after=after, limit=limit)
        found = rows.astype(object).where(rows.notna(), None).to_dict("records")
        return [{str(key): _plain(value) for key, value in row.items()} for row in found]

    # --- out ---------------------------------------------------------------------------------------------------------

    def _template(self, asked: Asked) -> Answer:
        from segkit.exchange.lists.template import write_template

        ending = _ending(asked)
        name = f"segkit-list.{ending}"
        return self._download.piece(asked, name, name, lambda: self._written(name, write_template), _KINDS[ending])

    def _failures(self, asked: Asked) -> Answer:
        ending, wanted = _ending(asked), asked.text("list")
        name = f"mend.{ending}"

        def write(path: Path) -> None:
            self.app.list_failures(wanted, path)

        return self._download.piece(asked, (wanted, ending), name, lambda: self._written(name, write), _KINDS[ending])

    def _written(self, name: str, write: Any) -> tuple[Path, Any]:
        scratch = private_scratch(self.app.workspace.folder)
        try:
            write(Path(scratch.name, name))
        except BaseException:
            scratch.cleanup()
            raise
        return Path(scratch.name, name), scratch.cleanup


def _ending(asked: Asked) -> str:
    ending = asked.text("format", 10) or "xlsx"
    if ending not in _KINDS:
        raise SegkitError(f"format: expected {' or '.join(_KINDS)}")
    return ending


def _mapping(asked: Asked, look: ListLook) -> dict[str, str]:
    """The heading of each field, and an empty one for a field that the file has not. Places come from the view."""
    most = len(look.headings) - 1
    places = {field: asked.number(field, look.columns.get(field, -1), least=-1, most=most) for field in FIELDS}
    if places == {field: look.columns.get(field, -1) for field in FIELDS}:
        return {}
    return {field: look.headings[place] if place >= 0 else "" for field, place in places.items()}


def _without_path(error: SegkitError, upload: Upload) -> SegkitError:
    """The same without the name that the file has on the disk: the view shows that it came with."""
    text = str(error).removeprefix(f"{upload.path.name}: ").replace(upload.path.name, "This file")
    return type(error)(_sentence(text))


def _sentence(text: str) -> str:
    """With a capital letter at its beginning and a stop at its end."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def _shown(heading: str | None) -> str:
    """A heading as a view shows it: one of a file without headings is somebody's value."""
    text = "".join(mark if mark.isprintable() else "·" for mark in (heading or "")[:_SHOWN_HEADING])
    return masked_text(text)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
