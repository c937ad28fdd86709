"""The loaded data: whether its files are what was written, and its days those of the zone; what the last load told."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.examining.finding import Examined, Finding
from segkit.data.generation import last_report
from segkit.data.stored import StoredData, misplaced_days
from segkit.definitions.zones import tzdata_version
from segkit.errors import SegkitError


def examine_stored(of: Examined, deep: bool) -> Iterator[Finding]:
    """Everything that is wrong with the current generation. `deep` reads every file again."""
    if of.manifest is None:
        return
    rebuild = of.command("load", "--rebuild")
    problems = StoredData(of.folder, of.manifest).verify(deep)
    for problem in problems:
        why = "whoever asks for it is refused, or answered wrongly"
        yield Finding("error", f"{of.name}, data", problem, why, f"restore the file from a backup, or {rebuild}")
    yield from _days(of, rebuild, are_readable=not problems)
    yield from _versions(of)
    if not problems:
        yield from _last_load(of)


def _days(of: Examined, rebuild: str, *, are_readable: bool) -> Iterator[Finding]:
    assert of.manifest is not None
    manifest, why = of.manifest, "events are counted on other days than those of the zone"
    if manifest.zone != of.app.zone:
        what = f"loaded by days in {manifest.zone}; segkit.toml says {of.app.zone}"
        yield Finding("error", f"{of.name}, zone", what, why, rebuild)
    elif manifest.tzdata != tzdata_version() and are_readable:
        wrong = misplaced_days(of.folder, manifest)
        if wrong:
            what = f"{len(wrong):,} stored days begin or end elsewhere by tzdata {tzdata_version()}"
            yield Finding("error", f"{of.name}, zone", what, why, rebuild)


def _versions(of: Examined) -> Iterator[Finding]:
    """Whether another version of pyarrow wrote the files than the one that reads them."""
    assert of.manifest is not None
    try:
        written = pq.read_metadata(of.folder / of.manifest.users.path).created_by.rpartition(" ")[2]
    except (OSError, pa.ArrowInvalid):
        return  # told above
    if _numbers(written) > _numbers(pa.__version__):
        what = f"written by pyarrow {written}; pyarrow {pa.__version__} is installed here"
        why = "an older one may not read all that a newer one writes"
        yield Finding("warning", f"{of.name}, data", what, why, f"install pyarrow {written} or newer")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _last_load(of: Examined) -> Iterator[Finding]:
    """What was refused or became missing in the last load, and days without events."""
    try:
        report = last_report(of.folder)
    except SegkitError:
        return  # an earlier segkit kept none
    for role in report.roles:
        told = [(count, "such rows do not count") for count in role.refused]
        told += [(count, "such values count as missing, or as the message says") for count in role.values]
        for count, why in told:
            next_step = f"see what wrote them; {of.command('load', '--last')} shows the whole report"
            yield Finding("note", f"{of.name}, {role.role}", f"the last load: {count}", why, next_step)
    if report.missing_days:
        days = ", ".join(day.isoformat() for day in report.missing_days[:3])
        more = ", …" if report.missing_days[3:] else ""
        yield Finding(
            "note", f"{of.name}, events", f"{len(report.missing_days):,} days have no event at all ({days}{more})",
            "a file may never have arrived, and counts over those days would be too low", "put what is missing there",
        )  # fmt: skip
