"""Which parameters and labels are coded, as what; and the names of files, which say what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from segkit.data.manifest import DayFile, Manifest
from segkit.definitions.vocabulary import ParameterDeclaration, Vocabulary
from segkit.files.hashing import sha256_of_text

#: Changes whenever the files of before cannot be read as they are.
FORMAT = 1
FOLDER = "coded"
#: Beside it, in folders named alike: the users of leaves that were evaluated.
CACHE = "cache"
#: What is coded of a personal label: nothing but whether there is a value, and whether it is empty.
PRESENCE = "presence"


def coded_folder(app_folder: Path, manifest: Manifest) -> Path:
    """Where the coded columns of a generation lie: those from before somebody was erased lie elsewhere, and go."""
    return app_folder / FOLDER / str(manifest.nothing_before)


def parameter_kinds(file: DayFile, vocabulary: Vocabulary) -> dict[str, str]:
    """What is coded of the parameters that a day has, by code: string, date, bool, or `number:` and its places."""
    declared = {parameter.code: parameter for parameter in vocabulary.parameters}
    found = {}
    for code in file.columns:
        kind = kind_of(declared[code]) if code in declared else None
        if kind is not None:
            found[code] = kind
    return found


def kind_of(parameter: ParameterDeclaration) -> str | None:
    """What a parameter is coded as; None if it is not."""
    if parameter.personal is not None or parameter.type == "list":
        return None
    return f"number:{parameter.places}" if parameter.type == "number" else parameter.type


def label_kinds(manifest: Manifest, vocabulary: Vocabulary) -> dict[str, str]:
    """What is coded of the labels that have stored values, by code."""
    found = {}
    for label in vocabulary.labels:
        if manifest.labels.get(label.code) and label.from_events is None:
            kind = label.type if label.scale is None else f"{label.type}:{label.scale}"
            found[label.code] = PRESENCE if label.personal is not None else kind
    return found


def day_path(folder: Path, file: DayFile, kinds: Mapping[str, str]) -> Path:
    """The file of a coded day, whose name says what it was made from."""
    return folder / "days" / f"{file.day}-{_fingerprint(file.sha256, dict(sorted(kinds.items())))}.arrow"


def label_path(folder: Path, manifest: Manifest, code: str, kind: str) -> Path:
    """The file of a coded label, whose name says what it was made from."""
    made_from = [file.sha256 for file in manifest.labels[code]]
    return folder / "labels" / f"{code}-{_fingerprint(made_from, kind, manifest.user_count)}.arrow"


def _fingerprint(*what: object) -> str:
    return sha256_of_text(repr((FORMAT, *what)))[:20]
