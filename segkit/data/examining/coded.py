"""The coded columns beside the data: whether what is there is what was written, and made from what is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from segkit.data.coded.coding import Coding
from segkit.data.coded.dictionaries import read_dictionary
from segkit.data.coded.label_columns import open_label
from segkit.data.examining.finding import Examined, Finding
from segkit.errors import Damaged


def examine_coded(of: Examined, deep: bool) -> Iterator[Finding]:
    """What is damaged, if `deep`: it is made again when it is next asked for, so it is only worth knowing.

    What is missing is nothing: it is made when it is asked for.
    """
    if of.manifest is None or not deep:
        return
    coding = Coding(of.folder, of.manifest, of.vocabulary)
    damaged = [path for path, check in _checks(of, coding) if path.exists() and not _is_sound(check)]
    if damaged:
        what = f"{len(damaged):,} coded files are not what was written ({damaged[0].relative_to(of.folder)} first)"
        why = "answers are right, since every file is checked when it is read; but something broke them"
        yield Finding("warning", f"{of.name}, coded columns", what, why, "evaluate again, which makes them again")


def _checks(of: Examined, coding: Coding) -> Iterator[tuple[Path, Callable[[], object]]]:
    assert of.manifest is not None
    size = of.manifest.user_count
    for file in of.manifest.days:
        yield coding.day_path(file), lambda file=file: coding.day(file).check_all()  # type: ignore[misc]
    for code in of.manifest.labels:
        path = coding.label_path(code)
        if path is not None:
            yield path, lambda path=path: open_label(path, size)  # type: ignore[misc]
    for path in (coding.folder / "dictionaries").glob("*.arrow"):
        yield path, lambda path=path: read_dictionary(coding.folder, path.stem)  # type: ignore[misc]


def _is_sound(check: Callable[[], object]) -> bool:
    try:
        check()
    except (Damaged, FileNotFoundError):
        return False
    return True
