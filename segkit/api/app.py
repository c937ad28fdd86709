"""One app of a workspace: counts, users, segments, refreshes, exports. A thin face over the modules beside it."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from segkit.api import (
    differing,
    estimating,
    evaluation,
    life,
    listing,
    looking,
    permitting,
    refreshing,
    saving,
)
from segkit.api.analysing.face import Analysing
from segkit.api.definitions import Definitions, definitions_of
from segkit.api.differing import Diff
from segkit.api.evaluation import RuleLike
from segkit.api.exports_face import AppExports
from segkit.api.faces import app_html, app_text
from segkit.api.life import SegmentLife
from segkit.api.lists.face import AppLists
from segkit.api.paging import Paging
from segkit.api.permitting import asking
from segkit.api.results import Estimate, Members, RefreshReport, SegmentInfo, SegmentList
from segkit.data.manifest import Manifest, read_manifest
from segkit.data.settings import AppSettings
from segkit.definitions import predefined
from segkit.definitions.conditions import Condition
from segkit.definitions.documents import Document
from segkit.definitions.vocabulary import Vocabulary, read_vocabulary
from segkit.definitions.zones import zone
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.people import ValueCount, uids, user_no_of
from segkit.engine.protocol import Evidence, Progress
from segkit.errors import NotFound, SegkitError
from segkit.store.searching import Search

if TYPE_CHECKING:
    import pandas as pd

    from segkit.api.workspace import Workspace
    from segkit.store.retention import LetGo

Day = date | str | None


@asking(permitting.APP, lambda app: app.workspace)
class App(SegmentLife, AppLists, AppExports, Analysing, Paging):
    """Whose users they are. Get one from a workspace: `segkit.open("demo").app("smart-home")`."""

    def __init__(self, workspace: Workspace, name: str, settings: AppSettings) -> None:
        self.workspace = workspace
        self.name = name
        self.settings = settings
        self._evaluator: DuckEvaluator | None = None
        self._uids: tuple[DuckEvaluator, list[str]] | None = None
        self._vocabulary: Vocabulary | None = None
        self._vocabulary_state: list[tuple[int, int]] = []
        self._lock = threading.RLock()

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where the app's loaded data lies."""
        return self.workspace.folder / "data" / self.name

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.settings.zone)

    @property
    def as_of(self) -> date:
        """The date evaluated for when none is given: that of the settings, else today in the app's zone."""
        return self.settings.as_of or self.workspace.today(self.name)

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels and events that rules may speak of, as the files have them now."""
        folder = self.workspace.folder / (self.settings.vocabulary or f"vocabulary/{self.name}")
        state = [(path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.yaml"))]
        with self._lock:
            if self._vocabulary is None or self._vocabulary_state != state:
                self._vocabulary, self._vocabulary_state = read_vocabulary(folder), state
                self._evaluator, self._uids = None, None
            return self._vocabulary

    @property
    def manifest(self) -> Manifest:
        """What is loaded now. Raises NotFound before the first load."""
        return read_manifest(self.folder)

    def evaluator(self) -> DuckEvaluator:
        """The evaluator of the data that is loaded now; a load in between gives a new one."""
        vocabulary = self.vocabulary
        with self._lock:
            manifest = self.manifest
            if self._evaluator is None or self._evaluator.manifest.generation != manifest.generation:
                # Whoever is still asking the old one goes on with it; it closes with its last user.
                spill = self.workspace.folder / "data" / ".spill"
                limits, evaluation = self.workspace.settings.limits, self.workspace.settings.evaluation
                self._evaluator = DuckEvaluator(self.folder, manifest, vocabulary, limits, spill, evaluation=evaluation)
            return self._evaluator

    def close(self) -> None:
        """Frees the evaluator."""
        with self._lock:
            evaluator, self._evaluator, self._uids = self._evaluator, None, None
        if evaluator is not None:
            evaluator.close()

    def definitions(self) -> Definitions:
        """All segments as they are defined now."""
        ready_made = predefined.predefined_segments(self.name, self.vocabulary, self.settings.predefined)
        catalog = self.workspace.catalog
        return Definitions(
            self.name,
            ready_made,
            definitions_of(catalog.segments(self.name)),
            lambda: definitions_of(catalog.segments(self.name, archived=True)),
        )

    def require_history(self, as_of: date) -> None:
        """Raises SegkitError before the first load, if `strict_history` says that labels are not known then."""
        first = self.manifest.first_data_date
        if self.settings.strict_history and as_of < first:
            message = f"as of {as_of}: labels are known from {first} on, and strict_history is set"
            raise SegkitError(f"{message}; choose a later date, or unset it in segkit.toml")

    def notes(self, as_of: date) -> tuple[str, ...]:
        """What a reader of a number as of that date must know about the data."""
        return evaluation.notes(self, as_of)

    # --- counts and users --------------------------------------------------------------------------------------------

    def estimate(
        self,
        rule: RuleLike,
        as_of: Day = None,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> Estimate:
        """The exact count of a rule, of every condition in it, the base, and how many can be reached by channel.

        `rule` is a condition, a document, plain data of either, or a segment's name. Raises DefinitionError with all
        that is wrong with it.
        """
        return estimating.estimate(self, rule, self.day(as_of), progress=progress, cancel=cancel)

    def evaluate(
        self,
        rules: Iterable[RuleLike],
        as_of: Day = None,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Members]:
        """The users of each rule as of a date; leaves that rules share are evaluated once."""
        day, definitions = self.day(as_of), self.definitions()
        keyed = {f"rule {n}": evaluation.condition_of(rule, definitions) for n, rule in enumerate(rules)}
        found = evaluation.evaluate(self, keyed, day, definitions, progress=progress, cancel=cancel)
        uids = self.uids(found.evaluator)
        return [Members(found.results[key].members, uids, day) for key in keyed]

    def base(self, as_of: Day = None) -> Members:
        """All users as of a date."""
        day, evaluator = self.day(as_of), self.evaluator()
        self.require_history(day)
        return Members(evaluator.base(day), self.uids(evaluator), day)

    def bitmap(self, rule: RuleLike, as_of: date) -> Bitmap:
        """The users of a rule; those of a segment with cycle once as of its newest snapshot."""
        definitions = self.definitions()
        condition = evaluation.condition_of(rule, definitions)
        return evaluation.evaluate(self, {"this rule": condition}, as_of, definitions).results["this rule"].members

    def members(
        self,
        rule: RuleLike,
        as_of: Day = None,
        *,
        labels: Sequence[str] = (),
        limit: int | None = None,
        after: str | None = None,
        unmask: bool = False,
        names: bool = False,
    ) -> pd.DataFrame:
        """Users with chosen labels, in a stable order; `after` is the last uid of the page before.

        Labels that hold personal data, and uids that are addresses or numbers, are masked unless `unmask`, which is
        recorded. Imported segments are refused.
        With `names`, labels and their values are called what the vocabulary calls them, for people to read.
        """
        return looking.members(
            self, rule, self.day(as_of), labels=labels, limit=limit, after=after, unmask=unmask, names=names
        )

    def check(self, who: str, rule: RuleLike, as_of: Day = None) -> bool:
        """Whether a user, found by uid, account, e-mail or mobile, is in. Raises NotFound for somebody unknown."""
        from segkit.api.analysing.judging import is_in
        from segkit.api.whom import person

        return is_in(self, person(self, who, self.day(as_of)), rule, self.day(as_of))

    def evidence(self, uid: str, rule: RuleLike, as_of: Day = None, *, unmask: bool = False) -> list[Evidence]:
        """Every condition's verdict about one user with the value it rests on; personal data as in `members`."""
        return looking.evidence(self, uid, rule, self.day(as_of), unmask)

    def user_no(self, uid: str) -> int:
        """The number of a user. Raises NotFound."""
        found = user_no_of(self.evaluator(), unicodedata.normalize("NFC", uid).strip())
        if found is None:
            raise NotFound(
                f"no user with the uid that was asked for in app '{self.name}'; uids are compared as text, case and all"
            )
        return found

    def uids(self, evaluator: DuckEvaluator | None = None) -> list[str]:
        """Every uid, by `user_no`; read once for each generation of data."""
        asked = evaluator or self.evaluator()
        with self._lock:
            if self._uids is None or self._uids[0] is not asked:
                self._uids = asked, uids(asked)
            return self._uids[1]

    def values(
        self, label: str, as_of: Day = None, *, search: str = "", limit: int = 100, offset: int = 0
    ) -> tuple[list[ValueCount], int]:
        """What values a label has, most frequent first, and how many users have none; personal ones masked."""
        return looking.values(self, label, self.day(as_of), search=search, limit=limit, offset=offset)

    # --- segments ----------------------------------------------------------------------------------------------------

    def segments(
        self, search: str | Search = "", *, archived: bool = False, deleted: bool = False, stale: bool = False
    ) -> SegmentList:
        """Every segment with its newest published count, or those that a search finds; see `Search`.

        `archived` and `deleted` give those that are; `stale` those whose count is older than their definition or data.
        """
        wanted = Search(search) if isinstance(search, str) else search
        return listing.segments(self, wanted, listing.state_of(archived, deleted), stale)

    def segment(self, name: str) -> SegmentInfo:
        """One segment, by name or id, archived or not. Raises NotFound with the nearest name."""
        return listing.segment(self, name)

    def document(self, name: str, version: int | None = None) -> Document:
        """The document of a segment, by name or id, archived or not; or one of its earlier versions."""
        return self.document_of_version(name, version) if version else self.definitions().with_archived(name).document

    def save(
        self,
        document: Document | Mapping[str, object],
        *,
        based_on: int | None = None,
        note: str = "",
        idempotency_key: str | None = None,
        publish: bool = True,
    ) -> SegmentInfo:
        """Checks and saves a segment, new or the next version of the one whose `id` it carries, and publishes it.

        Without `based_on`, an existing segment is saved over its current version. Raises DefinitionError with all
        problems, SegkitError if the name is taken, StaleSave if somebody saved in between.
        """
        return saving.save(
            self, document, based_on=based_on, note=note, idempotency_key=idempotency_key, publish=publish
        )

    def save_rule(
        self, name: str, rule: Condition, *, description: str = "", cycle: Literal["daily", "once"] = "daily"
    ) -> SegmentInfo:
        """Saves a rule under a name and publishes it; a custom segment of that name gets a new version."""
        return saving.save_rule(self, name, rule, description, cycle)

    def publish(self, name: str) -> SegmentInfo:
        """Publishes one segment that was saved without. Raises PartlyDone if that fails; it stays saved."""
        return saving.publish_saved(self, self.definitions()[name].id)

    def delete(self, name: str) -> None:
        """Deletes a custom segment; its versions stay on record. Raises SegkitError while others refer to it."""
        life.delete(self, name)

    def refresh(
        self,
        names: Iterable[str] | None = None,
        as_of: Day = None,
        *,
        progress: Progress | None = None,
        accept: Collection[str] = (),
    ) -> RefreshReport:
        """Evaluates and publishes the named segments with the daily ones that read them, or every daily one.

        What is up to date is left as it is. A segment that fails, or that a gate holds, holds its dependants; the
        others are published, and the report says which and why. `accept` names gates, or segments, to let through, on
        record. After all daily ones, old snapshots are let go as the settings say.
        """
        wanted = None if names is None else list(names)
        return refreshing.refresh_app(self, wanted, self.day(as_of), progress, accept)

    def prune(self) -> LetGo:
        """Lets go of the users of old snapshots, as `[snapshots]` in the settings says; counts and records stay."""
        from segkit.api.keeping import prune

        return prune(self)

    def diff(
        self,
        what: str | Document,
        *,
        versions: tuple[int, int] | None = None,
        dates: tuple[Day, Day] | None = None,
        as_of: Day = None,
    ) -> Diff:
        """What differs, in words and users: a document and the catalog, or a segment's `versions` or `dates`."""
        if isinstance(what, Document):
            return differing.diff_document(self, what, self.day(as_of))
        if dates is not None:
            return differing.diff_dates(self, what, (self.day(dates[0]), self.day(dates[1])))
        if versions is None:
            raise SegkitError("expected two versions, two dates, or a document beside the catalog")
        return differing.diff_versions(self, what, versions, self.day(as_of))

    # --- in ----------------------------------------------------------------------------------------------------------

    def add(self, role: str, frame: Any, *, data_date: Day = None, files: str | None = None) -> Path:
        """Writes a pandas frame, an Arrow table or a DuckDB relation where the next `load` finds it; the file.

        `role` is users, events, or the name of a link; `data_date` the day that the table shows, where its source has
        `data_date = "file"`; `files` the pattern of the source, where there are several. Missing values of pandas stay
        missing. Raises SegkitError for a table that does not fit the source.
        """
        from segkit.data.frames import add_frame

        day = self.day(data_date) if data_date else None
        return add_frame(self.workspace.folder, self.settings, role, frame, data_date=day, files=files)

    # -----------------------------------------------------------------------------------------------------------------

    def day(self, as_of: Day) -> date:
        """A date from a date, ISO text, or nothing. Raises SegkitError for other text."""
        if as_of is None or as_of == "":
            return self.as_of
        if isinstance(as_of, datetime):
            return as_of.date()
        if isinstance(as_of, date):
            return as_of
        try:
            return date.fromisoformat(as_of)
        except ValueError:
            raise SegkitError(f"as_of '{as_of}': expected a day such as 2026-01-31") from None

    def __repr__(self) -> str:
        return app_text(self)

    def _repr_html_(self) -> str:
        return app_html(self)
