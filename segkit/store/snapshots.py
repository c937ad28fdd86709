"""Publishing memberships: their files, a generation folder at a time, then the catalog's records in one transaction.

A folder stands under `<workspace>/snapshots/<app>/`. Until its records are in the catalog `<generation>.unpublished`
lies beside it; a publish that was killed leaves both, and the next one sweeps them. Nothing published is ever edited.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, date
from pathlib import Path

from segkit.engine.bitmap import Bitmap
from segkit.errors import Busy, Damaged, NotFound
from segkit.files.atomic import write_bytes
from segkit.files.disk import PRIVATE_FILE, private_folder, refused
from segkit.files.locks import Lock, holder_of
from segkit.store.bitmap_file import decode, encode
from segkit.store.catalog import Catalog
from segkit.store.records import Computed, Snapshot
from segkit.store.saving import new_id

PATIENCE = 60.0
PUBLISHING = "publish.lock"
_UNPUBLISHED = ".unpublished"


def new_snapshot_id() -> str:
    """An id for a snapshot to be."""
    return new_id("sn_", 16)


def publish(
    workspace: Path,
    app: str,
    catalog: Catalog,
    memberships: Sequence[tuple[Computed, Bitmap]],
    record: Callable[[tuple[Snapshot, ...]], None] | None = None,
) -> tuple[Snapshot, ...]:
    """Publishes memberships of one app together: readers see all of them or none. Their records in the same order.

    `record` puts them into the catalog, with what belongs to them, in one transaction.

    Raises Busy, with the holder, if another process has been publishing in this app for a minute; SegkitError with the
    folder and the bytes wanted if the disk refuses; NotFound for a version that the catalog never held.
    """
    if not memberships:
        return ()
    if any(computed.app != app for computed, _ in memberships):
        raise ValueError(f"expected memberships of app '{app}'")
    folder = workspace / "snapshots" / app
    with Lock(folder / PUBLISHING, f"publishing in {app}", wait=PATIENCE):
        sweep(folder, app, catalog)
        at = memberships[0][0].computed_at.astimezone(UTC)
        generation = folder / f"{at:%Y%m%dT%H%M%S}-{new_id('', 8)}"
        contents = [encode(bitmap) for _, bitmap in memberships]
        records = tuple(
            _record(computed, bitmap, content, generation, workspace)
            for (computed, bitmap), content in zip(memberships, contents, strict=True)
        )
        _write(generation, records, contents)
        # From here on only the catalog knows whether it is published: what fails is left to the next sweep.
        (record or catalog.record_snapshots)(records)
        _marker(generation).unlink()
        return records


def sweep_leftovers(workspace: Path, app: str, catalog: Catalog) -> None:
    """Takes away what killed publishes left, where nothing is to be published; not while a live process publishes."""
    folder = workspace / "snapshots" / app
    if any(folder.glob(f"*{_UNPUBLISHED}")):
        with suppress(Busy), Lock(folder / PUBLISHING, f"sweeping in {app}"):
            sweep(folder, app, catalog)


def read_snapshot(workspace: Path, record: Snapshot) -> Bitmap:
    """The users of a published snapshot, as many numbers as the app had then.

    Raises Damaged with the file and what to do if size, sha256 or count are not what was published, NotFound if it had
    been let go when its record was asked for.
    """
    path = workspace / record.file
    again = f"`segkit refresh {record.segment_id} --app {record.app} --as-of {record.as_of}` computes it again."
    if record.retired_at is not None:
        kept = "their count stays, and [snapshots] in segkit.toml says how long users are kept"
        found = f"the users of {record.segment_id} as of {record.as_of} were let go on {record.retired_at:%Y-%m-%d}"
        raise NotFound(f"{found}; {kept}. {again}")

    def damaged(found: str) -> Damaged:
        return Damaged(f"{path}: {found}. {again}")

    try:
        content = path.read_bytes()
    except OSError as error:
        raise damaged(f"{error.strerror}; expected {record.size:,} bytes") from None
    if len(content) != record.size:
        raise damaged(f"found {len(content):,} bytes; expected {record.size:,}")
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise damaged("its content is not what was published (its sha256 differs)")
    try:
        bitmap = decode(content)
    except ValueError as error:
        raise damaged(str(error)) from None
    if (bitmap.size, bitmap.count) != (record.users, record.count):
        found = f"found {bitmap.count:,} of {bitmap.size:,} users"
        raise damaged(f"{found}; expected {record.count:,} of {record.users:,}")
    return bitmap


def read_newest(
    workspace: Path, catalog: Catalog, app: str, segment_id: str, as_of: date
) -> tuple[Snapshot, Bitmap] | None:
    """The last snapshot that is not after `as_of`, and its users; none if there is none.

    Asks again where another was published, and the first one let go, between the two. Raises as `read_snapshot`.
    """
    record = catalog.newest_snapshot(app, segment_id, as_of)
    while record is not None:
        try:
            return record, read_snapshot(workspace, record)
        except (Damaged, NotFound):
            again = catalog.newest_snapshot(app, segment_id, as_of)
            if again == record:
                raise
            record = again
    return None


def _record(computed: Computed, bitmap: Bitmap, content: bytes, generation: Path, workspace: Path) -> Snapshot:
    return Snapshot(
        **{field.name: getattr(computed, field.name) for field in fields(Computed)},
        count=bitmap.count,
        users=bitmap.size,
        generation=generation.name,
        file=(generation / f"{computed.id}.bits").relative_to(workspace).as_posix(),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _write(generation: Path, records: Iterable[Snapshot], contents: Sequence[bytes]) -> None:
    """All files of a generation, or nothing of it."""
    try:
        _marker(generation).touch(PRIVATE_FILE)
        private_folder(generation)  # with the fsync that keeps the marker as well
        for record, content in zip(records, contents, strict=True):
            write_bytes(generation / Path(record.file).name, content)
    except OSError as error:
        _discard(generation)
        then = "Nothing was published; what was stays."
        raise refused(error, generation, sum(map(len, contents)), then) from error
    except BaseException:
        _discard(generation)
        raise


def sweep(folder: Path, app: str, catalog: Catalog) -> None:
    """Takes away what killed publishes left. Only under the lock: no live process is publishing in this folder."""
    left = [path.with_suffix("") for path in folder.glob(f"*{_UNPUBLISHED}")]
    published = catalog.published_generations(app, [path.name for path in left]) if left else frozenset()
    for generation in left:
        if generation.name in published:
            _marker(generation).unlink()
        else:
            _discard(generation)


def unpublished(workspace: Path, app: str) -> tuple[str, ...]:
    """Generations that were begun and never published, relative to the workspace; none while one is at work."""
    folder = workspace / "snapshots" / app
    if not folder.is_dir() or holder_of(folder / PUBLISHING) is not None:
        return ()
    markers = sorted(folder.glob(f"*{_UNPUBLISHED}"))
    return tuple(marker.relative_to(workspace).as_posix().removesuffix(_UNPUBLISHED) for marker in markers)


def _discard(generation: Path) -> None:
    shutil.rmtree(generation, ignore_errors=True)
    if not generation.exists():  # else the marker stays, for the next sweep
        _marker(generation).unlink(missing_ok=True)


def _marker(generation: Path) -> Path:
    return generation.with_name(generation.name + _UNPUBLISHED)
