"""Documents of older formats: read as what they mean today, and said to be old; newer ones are refused."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from segkit.definitions import formats
from segkit.definitions.documents import document_data, parse_document, read_document
from segkit.errors import DefinitionError, SegkitError

OLD: dict[str, Any] = {
    "segkit": 0,
    "name": "Silent",
    "cycle": "manual",
    "conditions": [
        {"label": "consent", "op": "eq", "value": True},
        {"not": {"any": [{"event": "used", "window": 30}, {"event": "paid", "window": {"all": True}}]}},
    ],
}
TODAY = {
    "segkit": 1,
    "name": "Silent",
    "cycle": "once",
    "rule": {
        "all": [
            {"label": "consent", "op": "eq", "value": True},
            {"not": {"any": [{"event": "used", "window": {"last": 30}}, {"event": "paid", "window": {"all": True}}]}},
        ]
    },
}


def test_a_document_of_format_0_is_read_as_what_it_means_today() -> None:
    given = deepcopy(OLD)
    assert document_data(parse_document(given)) == TODAY
    assert given == OLD


def test_whoever_reads_an_older_file_is_told(tmp_path: Path) -> None:
    path, told = tmp_path / "silent.json", []  # type: ignore[var-annotated]
    path.write_text(json.dumps(OLD))
    assert document_data(read_document(path, told.append)) == TODAY
    assert told == [
        f"{path} is of format 0, and was read as format 1. Once saved, `segkit show NAME` writes it in format 1."
    ]
    path.write_text(json.dumps(TODAY))
    assert document_data(read_document(path, told.append)) == TODAY
    assert len(told) == 1


@pytest.mark.parametrize("found", [2, 99])
def test_a_newer_format_is_refused_whatever_else_stands_in_it(found: int) -> None:
    with pytest.raises(SegkitError) as refused:
        parse_document({"segkit": found, "what": "ever"}, "new.yaml")
    assert str(refused.value) == (
        f"new.yaml: segkit: found format {found}; this segkit reads up to 1. Upgrade segkit to read it."
    )


def test_a_format_that_never_was_is_refused() -> None:
    with pytest.raises(SegkitError, match="found format -1; expected 0 to 1"):
        parse_document({**OLD, "segkit": -1})


@pytest.mark.parametrize("found", ["1", 1.5, None])
def test_what_is_no_format_at_all_is_named_as_any_other_key(found: object) -> None:
    with pytest.raises(DefinitionError, match="segkit: found"):
        parse_document({**TODAY, "segkit": found})


def test_problems_of_an_older_document_are_named_at_their_places_of_today() -> None:
    with pytest.raises(DefinitionError, match=r"rule\.all\[0\]\.op"):
        parse_document({"segkit": 0, "name": "A", "conditions": [{"label": "a", "op": "equals", "value": 1}]})


def test_steps_lead_from_each_format_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMAT", 3)
    steps = {n: lambda data, n=n: {**data, "path": [*data.get("path", []), n]} for n in range(3)}
    monkeypatch.setattr(formats, "STEPS", steps)
    assert formats.in_todays_format({"segkit": 1}, "x") == {"segkit": 3, "path": [1, 2]}
    assert formats.in_todays_format({"segkit": 0}, "x") == {"segkit": 3, "path": [0, 1, 2]}
