"""Labels and parameters that look like personal data, by their names or by a sample of their values, and are not
flagged. Values are looked at and never told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.examining.finding import Examined
from segkit.definitions.vocabulary import Personal

#: So many values of a column are looked at.
_SAMPLE = 1_000
_WORDS: dict[Personal, str] = {
    "email": r"e_?mail|mail_?address",
    "mobile": r"mobile|msisdn|(tele)?phone(_?(number|no))?|cell_?phone|whats_?app",
    "name": r"(first|last|sur|family|given|full|maiden)_?name",
    "address": r"(street|postal|home|billing|shipping)_?address|street|address(_line)?",
    "other": r"iban|passport|ssn|social_?security|national_?id|ip_?address",
}
_NAMED = {kind: re.compile(rf"(.*_)?({words})(_?[0-9])?") for kind, words in _WORDS.items()}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VALUES: dict[Personal, re.Pattern[str]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}"),
    "mobile": re.compile(r"(\+|00)[0-9][0-9 ()/.-]{6,18}"),
}


def personal_kinds(of: Examined) -> Iterator[tuple[str, Personal]]:
    """What looks like which kind of personal data."""
    assert of.manifest is not None
    for label in of.vocabulary.labels:
        if label.personal is None and label.type in ("string", "list") and label.derived is None:
            files = [file.path for file in of.manifest.labels.get(label.code, ())[-1:]]
            kind = _by_name(label.code, label.source_column) or _by_values(of, files, "value")
            if kind is not None:
                yield f"label '{label.code}'", kind
    days = [day.path for day in of.manifest.days[-1:]]
    for parameter in of.vocabulary.parameters:
        if parameter.personal is None and parameter.type in ("string", "list"):
            kind = _by_name(parameter.code, parameter.source_column) or _by_values(of, days, f"p_{parameter.code}")
            if kind is not None:
                yield f"parameter '{parameter.code}'", kind


def _by_name(*names: str) -> Personal | None:
    plain = [_HUMP.sub("_", name).casefold().replace("-", "_").replace(" ", "_") for name in names]
    return next((kind for kind, words in _NAMED.items() if any(map(words.fullmatch, plain))), None)


def _by_values(of: Examined, files: Sequence[str], column: str) -> Personal | None:
    """What most of a sample of the newest values look like."""
    values = [value for file in files for value in _sample(of, file, column)]
    for kind, words in _VALUES.items():
        if values and 2 * sum(words.fullmatch(value) is not None for value in values) > len(values):
            return kind
    return None


def _sample(of: Examined, file: str, column: str) -> list[str]:
    try:
        parquet = pq.ParquetFile(of.folder / file)
        if column not in parquet.schema_arrow.names:
            return []
        batch = next(parquet.iter_batches(_SAMPLE, columns=[column]), None)
    except (OSError, pa.ArrowInvalid):
        return []  # told where stored files are examined
    values = [] if batch is None else batch.column(0).to_pylist()
    flat = (item for value in values for item in (value if isinstance(value, list) else [value]))
    return [value for value in flat if value]
