"""A person erased: out of data, history, lists, exports, evidence and literals in rules, and kept out from then on.

First the keyed hash is on the list of whom loads keep out; from then on nothing brings the person back. The data comes
last, because it knows by which words the person is looked for elsewhere: an erasure that was killed and is run again
finds them there, and does the whole again. What was published stays as it is: counts, and bits that are nobody's.
"""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.backing_up import LOCK as BACKUP_LOCK
from segkit.api.backing_up import STAGING
from segkit.api.erasure_report import REPORT, ErasedLiteral, ErasureReport
from segkit.api.lists.erasing import ErasingLists, erasing_lists
from segkit.api.lists.keeping import reading_folder
from segkit.data.erasing import ErasingData, Removed, erasing
from segkit.data.finding_people import Found
from segkit.data.generation import clear_leftovers
from segkit.data.kept_out import FOLDER, KINDS, keep_out, read_kept_out
from segkit.data.load import LOCK
from segkit.data.manifest import FILE, read_manifest
from segkit.data.mapping import vocabulary_folder
from segkit.definitions.vocabulary import read_vocabulary
from segkit.errors import NotFound
from segkit.exchange.archive import remove_abandoned
from segkit.exchange.lists.reading.reader import sweep_abandoned
from segkit.exchange.platforms import forms_of
from segkit.files.atomic import sweep, write_text
from segkit.files.locks import Lock
from segkit.files.scratch import sweep_folders
from segkit.operations.exported import Person, take_exports
from segkit.operations.standing import files_that_name, remove_evidence
from segkit.store.scrubbing import Scrubbed
from segkit.store.terms import Terms, terms_of

if TYPE_CHECKING:
    from segkit.api.workspace import Workspace

ACTION = "erase"


def erase(workspace: Workspace, who: str, app: str | None = None, *, again: bool = False) -> ErasureReport:
    """Erases whoever has that uid, e-mail or mobile, in one app or in all; see `Workspace.erase`."""
    names = workspace.app_names if app is None else (workspace.app(app).name,)
    with ExitStack() as stack:
        # A backup holds on to the files that it copies, and one that died left them: none may be at work.
        stack.enter_context(Lock(workspace.folder / "locks" / BACKUP_LOCK, "erasing"))
        erasing_ = _Erasing(workspace, names, stack)
        wanted = unicodedata.normalize("NFC", who).strip()
        found = erasing_.find(wanted, again)
        report = erasing_.erase(found) if any(found.values()) else erasing_.finish(wanted, again)
        if again:
            erasing_.settle()
    workspace.close_apps()
    return report


def unfinished(workspace: Workspace, names: Sequence[str]) -> list[str]:
    """Erasures in some apps that keep somebody out, and are not on record: killed, or undone by a restored backup."""
    begun = {entry.erasure for name in names for entry in read_kept_out(workspace.folder, name).entries}
    return sorted(begun - {entry.subject for entry in workspace.catalog.audit(action=ACTION)}) if begun else []


class _Erasing:
    """One erasure, under the load locks of all its apps."""

    def __init__(self, workspace: Workspace, names: Sequence[str], stack: ExitStack) -> None:
        self._workspace = workspace
        self._folder = workspace.folder
        self._data: dict[str, ErasingData] = {}
        self._lists: dict[str, ErasingLists] = {}
        self._names = names
        for name in names:
            folder = self._folder / "data" / name
            if folder.is_dir():
                stack.enter_context(Lock(folder / LOCK, f"erasing in {name}"))
            if (folder / FILE).exists():
                self._data[name] = stack.enter_context(_opened(workspace, name, folder))
                self._lists[name] = stack.enter_context(erasing_lists(workspace.app(name)))

    def find(self, who: str, again: bool) -> dict[str, Found]:
        """Who it is, by app."""
        found = {}
        for name, data in self._data.items():
            lists = self._lists[name]
            if again:
                kept_out = read_kept_out(self._folder, name)
                found[name] = lists.find_again(data.people.find_again(kept_out), kept_out)
            else:
                found[name] = lists.find(data.people.find(who), who)
        return found

    def erase(self, found: dict[str, Found]) -> ErasureReport:
        """Erases them. What is done is done again by another call, if this one is killed."""
        catalog, folder = self._workspace.catalog, self._folder
        _sweep(self._workspace)
        found = {name: some for name, some in found.items() if some}
        erasure = keep_out(folder, _values(found))
        persons = {name: Person(frozenset(some.numbers), _terms(some), _hashes(some)) for name, some in found.items()}
        everywhere = _all_terms(persons)
        targets = [export.folder for export in self._workspace.settings.exports]
        exports = take_exports(folder, catalog, targets, persons)
        evidence = remove_evidence(folder, everywhere)
        scrubbed = catalog.scrub(
            self._names, lambda app: persons[app].terms if app in persons else Terms() if app else everywhere
        )
        literals = self._named(scrubbed)
        report = ErasureReport(
            erasure=erasure,
            users={name: len(some.uids) for name, some in found.items()},
            catalog_fields=scrubbed.fields,
            literals=literals,
            exports=tuple(replace(export, file=everywhere.masked(export.file)) for export in exports),
            evidence=tuple(evidence),
            still_named_in=tuple(files_that_name(folder, everywhere)),
            notes=tuple(_notes(found, everywhere, scrubbed)),
        )
        earlier = self._remembered(erasure) if erasure in unfinished(self._workspace, self._names) else None
        report = report.after(earlier) if earlier else report
        self._remember(report)  # from the next step on nothing tells any more who it was
        lists = [self._lists[name].take_out(some, persons[name].terms) for name, some in found.items()]
        report = replace(report, lists=(*report.lists, *chain.from_iterable(lists)))
        self._remember(report)
        in_data = [self._data[name] for name in found if self._data[name].has_found]
        removed = sum((data.take_out(found[data.app]) for data in in_data), Removed())
        # Whoever exported while this was at it may have written the person once more.
        late = [export for export in take_exports(folder, catalog, targets, persons) if export.by == "its rows"]
        report = replace(report, removed=report.removed + removed, exports=(*report.exports, *late))
        self._remember(report)
        self._put_on_record(report)
        return report

    def finish(self, who: str, again: bool) -> ErasureReport:
        """Nobody is there any more: what a killed erasure may have left is done. Raises NotFound if there was none."""
        erasure = self._erasure_of(who)
        if erasure is None and not again:
            raise NotFound(
                "nobody has the uid, e-mail or mobile that was asked for, and nobody with it was erased; uids are "
                f"compared as text, case and all, in {', '.join(self._names)}. Nothing was changed."
            )
        _sweep(self._workspace)
        for name, data in self._data.items():
            clear_leftovers(self._folder / "data" / name, data.manifest)
        report = self._remembered(erasure) or ErasureReport(erasure=erasure or "", users={})
        if erasure in unfinished(self._workspace, self._names):
            self._put_on_record(report)
        return replace(
            report, notes=(*report.notes, "this was done before; nobody is there any more who has to be erased")
        )

    def settle(self) -> None:
        """Puts on record what was begun by a process that died, or before the backup was made that was restored."""
        for erasure in unfinished(self._workspace, self._names):
            self._put_on_record(self._remembered(erasure) or ErasureReport(erasure=erasure, users={}))

    def _remember(self, report: ErasureReport) -> None:
        """Keeps the report, which names nobody, beside the list of whom loads keep out."""
        write_text(self._place(report.erasure), json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")

    def _remembered(self, erasure: str | None) -> ErasureReport | None:
        with suppress(OSError, ValueError):
            return None if erasure is None else REPORT.validate_json(self._place(erasure).read_bytes())
        return None

    def _place(self, erasure: str) -> Path:
        return self._folder / FOLDER / f"{erasure}.json"

    def _erasure_of(self, who: str) -> str | None:
        """The erasure by which somebody is kept out already."""
        for name, data in self._data.items():
            kept_out = read_kept_out(self._folder, name)
            for kind, value in data.people.normal_forms(who).items():
                erasure = kept_out.erasure_of(kind, value)
                if erasure is not None:
                    return erasure
        return None

    def _named(self, scrubbed: Scrubbed) -> tuple[ErasedLiteral, ...]:
        catalog = self._workspace.catalog
        names = {
            segment.id: segment.name
            for app in {literal.app for literal in scrubbed.literals}
            for some in (
                catalog.segments(app),
                catalog.segments(app, archived=True),
                catalog.segments(app, deleted=True),
            )
            for segment in some
        }
        return tuple(
            ErasedLiteral(at.app, at.segment_id, names.get(at.segment_id, at.segment_id), at.version, at.place)
            for at in scrubbed.literals
        )

    def _put_on_record(self, report: ErasureReport) -> None:
        workspace = self._workspace
        detail = {
            "users": report.users,
            "removed": asdict(report.removed),
            "catalog": report.catalog_fields,
            "literals": [[at.segment_id, at.version, at.place] for at in report.literals],
            "exports": [export.file for export in report.exports],
            "evidence": list(report.evidence),
        }
        for app in report.users or (None,):
            workspace.catalog.record_audit(
                actor=workspace.actor,
                at=workspace.clock(),
                app=app,
                action=ACTION,
                subject=report.erasure,
                detail=detail,
            )


def _sweep(workspace: Workspace) -> None:
    """Removes what dead processes left half written, whatever it holds."""
    sweep(workspace.folder)
    shutil.rmtree(workspace.folder / STAGING, ignore_errors=True)
    sweep_folders(workspace.folder / "data" / ".spill")
    sweep_abandoned(reading_folder(workspace.folder))
    for target in {"exports", *(export.folder for export in workspace.settings.exports)}:
        remove_abandoned(workspace.folder / target)


@contextmanager
def _opened(workspace: Workspace, name: str, folder: Path) -> Iterator[ErasingData]:
    manifest = read_manifest(folder)
    clear_leftovers(folder, manifest)
    vocabulary = read_vocabulary(vocabulary_folder(workspace.folder, name, workspace.settings.app(name)))
    with erasing(folder, manifest, vocabulary, workspace.settings.limits) as data:
        yield data


def _values(found: dict[str, Found]) -> list[tuple[str, Any, str]]:
    return [
        (name, kind, value)
        for name, some in found.items()
        for kind, value in [*((KINDS[0], uid) for uid in some.uids), *some.normal]
    ]


def _terms(some: Found) -> Terms:
    """The person's words, as they are stored and as platforms are sent them."""
    sent = [(kind, form) for kind, value in some.addresses for form in forms_of(kind, value, hashed=False)]
    return terms_of(some.uids, [*some.addresses, *sent])


def _hashes(some: Found) -> frozenset[str]:
    return frozenset[str]().union(*(forms_of(kind, value, hashed=True) for kind, value in some.addresses))


def _all_terms(persons: dict[str, Person]) -> Terms:
    found = Terms()
    for person in persons.values():
        found = found | person.terms
    return found


def _notes(found: dict[str, Found], terms: Terms, scrubbed: Scrubbed) -> Iterator[str]:
    for name, some in found.items():
        if some.shared:
            yield (
                f"{name}: {some.shared:,} addresses are also those of other users, who stay; "
                "`segkit erase` with the address erases them too"
            )
    if terms.short_uids:
        yield "a uid is too short to be looked for in texts, where it could not be told from other words"
    if scrubbed.in_audit:
        yield f"{scrubbed.in_audit:,} fields of the audit trail name the person; the trail is never changed"
