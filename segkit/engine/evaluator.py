"""The reference evaluator: each distinct leaf once, by DuckDB, into a bitmap; rules are bit algebra over them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np

from segkit.compile.derived import in_events, label_values, measured
from segkit.compile.leaves import (
    Query,
    event_query,
    label_predicate,
    measure_query,
    places_of,
    sample_query,
    sequence_query,
)
from segkit.compile.sql import Sql, bound, joined, sql
from segkit.data.coded.kinds import CACHE
from segkit.data.manifest import Manifest
from segkit.data.settings import EvaluationSettings, Limits, size_in_bytes
from segkit.definitions.conditions import (
    Condition,
    Event,
    Label,
    Leaf,
    Sample,
    SegmentRef,
    walk,
)
from segkit.definitions.conditions import Sequence as Steps
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.bitmap import Bitmap
from segkit.engine.cache import BitmapCache, DiskCache
from segkit.engine.cache_key import Keys
from segkit.engine.canonical import canonical
from segkit.engine.connection import Runner, open_connection
from segkit.engine.fold import batches, fold, live_leaves, membership
from segkit.engine.kernel.kernel import VERSION as KERNEL_VERSION
from segkit.engine.kernel.kernel import Kernel
from segkit.engine.label_codes import CodeCache
from segkit.engine.ordered import OrderCache
from segkit.engine.protocol import Evaluated, Evidence, Progress, Seen
from segkit.engine.relations import Relations
from segkit.engine.watching import stop_if_asked, watch
from segkit.files.scratch import own_folder

#: Changes whenever a rule could pick other users than before; kept with every snapshot.
VERSION = "duckdb-1"
_CACHED_BYTES = 256_000_000
#: Fewer events and users than this are counted again sooner than a file is written.
_WORTH_A_FILE = 200_000
AS_USUAL = EvaluationSettings()
#: By DuckDB, nothing kept on disk: where the data is not what coded columns and kept leaves were made of.
ALONE = EvaluationSettings(kernel=False, cache="0MB")


class DuckEvaluator:
    """One generation of one app's data. Safe to use from several threads; queries run one at a time."""

    version = VERSION

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        vocabulary: Vocabulary,
        limits: Limits,
        spill: Path,
        *,
        evaluation: EvaluationSettings = AS_USUAL,
    ) -> None:
        self.manifest = manifest
        self.vocabulary = vocabulary
        self.relations = Relations(folder.resolve(), manifest, vocabulary)
        self.runner = Runner(
            open_connection(
                folder.resolve(),
                memory=limits.memory,
                spill=limits.spill,
                threads=limits.threads,
                spill_folder=own_folder(spill.resolve()),
            )
        )
        self.kernel = Kernel(folder.resolve(), manifest, vocabulary, self.runner) if evaluation.kernel else None
        by = f"{VERSION} {KERNEL_VERSION}" if self.kernel else VERSION
        self._keys = Keys(manifest, vocabulary, by)
        memory = min(_CACHED_BYTES, size_in_bytes(limits.memory) // 4)
        self._cache = BitmapCache(memory, _disk_cache(folder.resolve(), manifest, size_in_bytes(evaluation.cache)))
        self.codes = CodeCache()
        self.orders = OrderCache()
        self._tables: dict[tuple[str, date], str] = {}
        self._has_uids = False
        self._lock = threading.RLock()

    @property
    def size(self) -> int:
        return self.manifest.user_count

    def close(self) -> None:
        self.runner.close()

    def base(self, as_of: date) -> Bitmap:
        """The users known by `as_of` and not gone."""
        key = self._keys.of_base(as_of)
        found = self._cache.get(key)
        if found is None:
            found = self.users(self.relations.base(as_of))
            self._cache.put(key, found)
        return found

    def evaluate(
        self,
        rules: Sequence[Condition],
        as_of: date,
        *,
        memberships: Mapping[str, Bitmap] | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Evaluated]:
        """The users of each rule within base(as_of); see `protocol.Evaluator`."""
        base = self.base(as_of)
        rules = [in_events(rule, self.vocabulary) for rule in rules]
        leaves = self._leaves(rules, as_of, memberships or {}, base, progress, cancel)
        return [fold(rule, leaves, base) for rule in rules]

    def _leaves(
        self,
        rules: Sequence[Condition],
        as_of: date,
        memberships: Mapping[str, Bitmap],
        base: Bitmap,
        progress: Progress | None,
        cancel: threading.Event | None,
    ) -> dict[str, Bitmap]:
        stop_if_asked()
        progress = progress or watch().progress
        distinct = {canonical(leaf): leaf for rule in rules for leaf in live_leaves(rule)}
        found: dict[str, Bitmap] = {}
        missing: dict[str, Leaf] = {}
        for key, leaf in distinct.items():
            if isinstance(leaf, SegmentRef):
                found[key] = membership(leaf, memberships, self.size) & base
            elif (hit := self._cache.get(self._keys.of(leaf, as_of))) is not None:
                found[key] = hit
            else:
                missing[key] = leaf
        done = len(found)
        by_kernel = self.kernel.members(dict(missing), as_of, base, cancel) if self.kernel is not None else ()
        for key, members in by_kernel:
            found[key] = members
            self._cache.put(self._keys.of(missing.pop(key), as_of), members)
            done += 1
            if progress is not None:
                progress(done, len(distinct))
        for batch in batches(missing):
            if progress is not None:
                progress(done, len(distinct))
            for key, members in self._evaluate_batch(batch, as_of, base, cancel).items():
                found[key] = members
                self._cache.put(self._keys.of(batch[key], as_of), members)
            done += len(batch)
        if progress is not None:
            progress(done, len(distinct))
        return found

    def _evaluate_batch(
        self, batch: dict[str, Leaf], as_of: date, base: Bitmap, cancel: threading.Event | None
    ) -> dict[str, Bitmap]:
        first = next(iter(batch.values()))
        if isinstance(first, Label):
            return self._label_leaves(batch, as_of, base, cancel)
        found = {}
        for key, leaf in batch.items():
            query = self._query(leaf, as_of)
            members = self.users(query.sql, cancel) if query is not None else Bitmap.none(self.size)
            found[key] = (base - members) if query is not None and query.negated else (base & members)
        return found

    def _query(self, leaf: Leaf, as_of: date) -> Query:
        if isinstance(leaf, Sample):
            return sample_query(leaf, self.relations.users)
        assert isinstance(leaf, Event | Steps)
        compile_leaf = event_query if isinstance(leaf, Event) else sequence_query
        return compile_leaf(leaf, self.vocabulary, as_of, self.relations.events(leaf, as_of))  # type: ignore[arg-type]

    # --- labels ------------------------------------------------------------------------------------------------------

    def _label_leaves(
        self, batch: dict[str, Leaf], as_of: date, base: Bitmap, cancel: threading.Event | None
    ) -> dict[str, Bitmap]:
        """All leaves over one label in one scan of its values."""
        leaves = [leaf for leaf in batch.values() if isinstance(leaf, Label)]
        table = self.label_table(leaves[0].label, as_of, cancel)
        if table is None:
            queries = [label_predicate(leaf, self.vocabulary, as_of) for leaf in leaves]
            return {key: base if q.negated else Bitmap.none(self.size) for key, q in zip(batch, queries, strict=True)}
        queries = [label_predicate(leaf, self.vocabulary, as_of) for leaf in leaves]
        flags = joined(", ", (sql(f"COALESCE({{}}, FALSE) AS f{n}", q.sql) for n, q in enumerate(queries)))
        columns = self.runner.columns(sql("SELECT user_no, {} FROM {}", flags, Sql(table)), cancel)
        user_nos = np.asarray(columns["user_no"])
        found = {}
        for number, (key, query) in enumerate(zip(batch, queries, strict=True)):
            members = Bitmap.from_user_nos(self.size, user_nos[np.asarray(columns[f"f{number}"], dtype=bool)])
            found[key] = (base - members) if query.negated else (base & members)
        return found

    def label_table(self, code: str, as_of: date, cancel: threading.Event | None) -> str | None:
        """A table in memory with each user's value as of `as_of`, where present; None where nothing is stored."""
        day = self.label_day(code, as_of)
        with self._lock:
            if (code, day) not in self._tables:
                values = self._label_relation(code, as_of)
                if values is None:
                    return None
                name = f"label_{len(self._tables)}"
                self.runner.run(sql("CREATE TEMP TABLE {} AS SELECT user_no, value FROM ({}) WHERE value IS NOT NULL",
                                     Sql(name), values), cancel)  # fmt: skip
                self._tables[code, day] = name
            return self._tables[code, day]

    def uid_table(self, cancel: threading.Event | None = None) -> Sql:
        """A table in memory of everybody's number and uid: a few are found in it without reading the file again."""
        with self._lock:
            if not self._has_uids:
                self.runner.run(
                    sql("CREATE TEMP TABLE uids AS SELECT user_no, uid FROM {}", self.relations.users), cancel
                )
                self._has_uids = True
        return Sql("uids")

    def label_day(self, code: str, as_of: date) -> date:
        """The date that a label's values as of `as_of` are those of."""
        return as_of if self.vocabulary.label(code).from_events is not None else self.manifest.label_date(code, as_of)

    def label_values(self, code: str, as_of: date) -> Sql | None:
        """Each user's value as of `as_of`, to be read once: from memory if it is there. None: nothing is stored."""
        table = self._tables.get((code, self.label_day(code, as_of)))
        return self._label_relation(code, as_of) if table is None else sql("SELECT user_no, value FROM {}", Sql(table))

    def label_changes(self, code: str, as_of: date) -> Sql | None:
        """user_no, value, data_date, load of every change up to `as_of`, in whatever order; the last one counts."""
        if self.vocabulary.label(code).from_events is None:
            return self.relations.label_changes(code, self.label_day(code, as_of))
        found = self._label_relation(code, as_of)
        columns = "SELECT user_no, value, CAST({} AS DATE) AS data_date, 0 AS load FROM ({})"
        return None if found is None else sql(columns, bound(as_of), found)

    def _label_relation(self, code: str, as_of: date) -> Sql | None:
        from_events = self.vocabulary.label(code).from_events
        if from_events is None:
            return self.relations.label_history(code, self.label_day(code, as_of))
        events = self.relations.events(measured(from_events), as_of)
        return label_values(from_events, self.vocabulary, as_of, events, self.relations.users)

    # --- one user ----------------------------------------------------------------------------------------------------

    def evidence(
        self, rule: Condition, as_of: date, user_no: int, *, memberships: Mapping[str, Bitmap] | None = None
    ) -> list[Evidence]:
        """The verdict of every live condition about one user, with the value it rests on."""
        evaluated = self.evaluate([rule], as_of, memberships=memberships)[0]
        nodes = dict(walk(rule))
        return [
            Evidence(c.path, user_no in c.members, self._seen(nodes[c.path], as_of, user_no))
            for c in evaluated.conditions
        ]

    def _seen(self, node: Condition, as_of: date, user_no: int) -> Seen:
        if isinstance(node, Label):
            from_events = self.vocabulary.label(node.label).from_events
            if from_events is not None:
                seen = self._measured(measured(from_events), as_of, user_no)
                return bool(seen) if from_events.measure == "exists" else seen
            history = self.relations.label_history(node.label, self.manifest.label_date(node.label, as_of), user_no)
            found = self.runner.rows(sql("SELECT value FROM ({})", history)) if history is not None else []
            value: Seen = found[0][0] if found else None
            return value
        if isinstance(node, Event):
            return self._measured(node, as_of, user_no)
        return None

    def _measured(self, leaf: Event, as_of: date, user_no: int) -> Seen:
        query = measure_query(leaf, self.vocabulary, as_of, self.relations.events(leaf, as_of, user_no))
        row = self.runner.rows(sql("SELECT * FROM ({}) WHERE user_no = {}", query, bound(user_no)))
        if not row:
            return 0 if leaf.measure in ("count", "days", "periods", "sum", "distinct") else None
        value = row[0][1]
        if leaf.measure in ("avg", "share"):
            return Fraction(value, row[0][2] * 10 ** places_of(leaf, self.vocabulary))
        if leaf.measure == "sum":
            return Fraction(value, 10 ** places_of(leaf, self.vocabulary))
        seen: Seen = value
        return seen

    # --- scatter -----------------------------------------------------------------------------------------------------

    def users(self, query: Sql, cancel: threading.Event | None = None) -> Bitmap:
        """The users that a query over `user_no` finds. Scattered by number: the order of rows means nothing."""
        return Bitmap.from_user_nos(self.size, np.asarray(self.runner.columns(query, cancel)["user_no"]))


def _disk_cache(folder: Path, manifest: Manifest, most_bytes: int) -> DiskCache | None:
    rows = manifest.user_count + sum(file.rows for file in manifest.days)
    if not most_bytes or rows < _WORTH_A_FILE:
        return None
    return DiskCache(folder / CACHE / str(manifest.nothing_before), most_bytes)
