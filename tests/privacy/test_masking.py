"""What is masked by its form wherever text is made: errors, tracebacks, reprs, sentences, executed notebooks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segkit import label
from segkit.cli import _traceback
from segkit.data.watching.drift import Drifted
from segkit.definitions.documents import parse_document
from segkit.definitions.sentences import condition_text, sentence
from segkit.definitions.vocabulary import LabelDeclaration, Vocabulary
from segkit.errors import DefinitionError, Held, NotFound, Problem, SegkitError
from segkit.masking import _OUR_OWN, masked, masked_failure, masked_text
from segkit.operations.delivering import Lost
from segkit.workbench.notebooks import execute

ANA, PHONE, MARY = "ana.maria+x@mail.example.com", "+49 151 1234-5678", "Mary Poppins"
TEXTS = {
    f"found '{ANA}'; expected a day": "found 'a•••@m•••.com'; expected a day",
    f"call {PHONE}, or +4915112345678.": "call +49•••78, or +49•••78.",
    "exports/ana@example.com.zip": "exports/a•••@e•••.zip",
    f"<{ANA}>;{ANA}": "<a•••@m•••.com>;a•••@m•••.com",
    "zoë@пример.рф": "z•••@п•••.рф",
    "postgresql+psycopg://segkit:x@db.example.com/catalog": "postgresql+psycopg://segkit:x@db.example.com/catalog",
    "https://example.com/?to=ana@example.com": "https://example.com/?to=a•••@e•••.com",
    "segkit@localhost, a @decorator.of_it, 1,234 users (+12,408 −3), 2026-06-01T12:00:00+0000": None,
    "a•••@m•••.com and +49•••78": None,
    "3.5e+12345678 and sum+12345678": None,
}


@pytest.mark.parametrize("text", TEXTS)
def test_addresses_and_international_numbers_are_masked_and_nothing_else(text: str) -> None:
    assert masked_text(text) == (text if TEXTS[text] is None else TEXTS[text])


#: What is looked for, without the care for long runs: each place tried to its end.
PLAIN = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]*://[^\s/@]*@)"
    r"|(?P<email>[^\W_](?:[\w.+%'’&~-]*[\w])?"
    r"@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.[^\W\d_]{2,})"
    r"|(?P<mobile>(?<![\w+])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\d))",
    re.IGNORECASE,
)
PIECES = [
    "a" * 64, "x1_" * 30, "%3Csvg" * 12, "ab", "é", "9", "_", "+", "-", ".", "'", "@", "://", ":", "/", " ", "http",
    "+4915112345678", "+49 (151) 1234-5678", "ana@example.com", "b.org",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_in_and_beside_long_runs_the_same_is_found_as_without_care_for_them(text: str) -> None:
    def hidden(found: re.Match[str]) -> str:
        return found["url"] or masked(found[0], "email" if found["email"] else "mobile") or ""

    assert masked_text(text) == PLAIN.sub(hidden, text)


def test_a_megabyte_of_a_picture_does_not_hold_the_night_up() -> None:
    picture = "PHN2ZyB4bWxucz0i+" * 60_000  # hours, if each of its places were tried to its end
    assert masked_text(f"<img src='data:;base64,{picture}'>{ANA}") == (
        f"<img src='data:;base64,{picture}'>a•••@m•••.com"
    )


def test_no_error_holds_one_whichever_it_is() -> None:
    for error in (SegkitError(f"no {ANA}"), NotFound(f"no {ANA}"), Held(f"no {ANA}")):
        assert str(error) == "no a•••@m•••.com"
        assert ANA not in repr(error)
    problems = DefinitionError("Segment 'x'", [Problem("rule.value", f"found '{ANA}'")])
    assert str(problems) == "Segment 'x': rule.value: found 'a•••@m•••.com'"
    assert problems.problems[0].message == "found 'a•••@m•••.com'"


def _below(kind: type[SegkitError]) -> Iterator[str]:
    for found in kind.__subclasses__():
        if not found.__name__.startswith("_"):
            yield found.__name__
        yield from _below(found)


def test_every_error_of_segkit_is_known_as_its_own() -> None:
    assert {Drifted.__name__, Lost.__name__} <= set(_below(SegkitError))
    assert {"SegkitError", *_below(SegkitError)} == _OUR_OWN


def test_a_failure_that_nobody_foresaw_quotes_nothing() -> None:
    assert masked_failure("ValueError", f"could not convert string to float: '{MARY}'") == (
        "could not convert string to float: '•••'"
    )
    assert masked_failure("NotFound", "no label 'contry'") == "no label 'contry'"


def test_a_traceback_of_the_command_line_has_places_and_no_values() -> None:
    secret = MARY
    try:
        try:
            raise KeyError(secret)
        except KeyError as error:
            raise ValueError(f"row of '{secret}', {ANA}") from error
    except ValueError as error:
        told = _traceback(error)
    assert 'test_masking.py", line' in told
    assert "KeyError: '•••'" in told
    assert told.endswith("ValueError: row of '•••', a•••@m•••.com")
    assert MARY not in told


VOCABULARY = Vocabulary(
    labels=(
        LabelDeclaration(code="full_name", name="Name", type="string", personal="name", values={MARY: "The nanny"}),
        LabelDeclaration(code="mail", name="E-mail", type="string", personal="email"),
        LabelDeclaration(code="country", name="Country", type="string"),
    )
)


def test_a_sentence_masks_values_of_personal_labels_only() -> None:
    rule = (label("full_name") == MARY) & label("mail").isin(ANA, "bo@example.org") & (label("country") == "Germany")
    assert sentence(rule, VOCABULARY) == (
        "Users whose name is “M•••”, whose e-mail is any of “a•••@m•••.com”, “b•••@e•••.org”, "
        "and whose country is “Germany”."
    )
    assert condition_text(label("full_name").contains(MARY), VOCABULARY) == "Name contains “M•••”"


def test_a_problem_of_a_rule_does_not_quote_a_personal_value() -> None:
    from segkit.definitions.checks import check_rule

    numbers = Vocabulary(labels=(LabelDeclaration(code="full_name", name="N", type="number", personal="name"),))
    (problem,) = check_rule(label("full_name").isin(MARY) & (label("full_name") > 1), numbers)[:1]
    assert MARY not in str(problem)
    rule = parse_document({"name": "x", "rule": {"label": "full_name", "op": "eq", "value": MARY}}).rule
    (problem,) = check_rule(rule, numbers)
    assert str(problem) == "rule.value: found 'M•••'; 'eq' expects a number below 10^18"


def test_a_rule_and_a_document_do_not_show_addresses() -> None:
    document = parse_document({"name": "x", "rule": {"label": "mail", "op": "eq", "value": ANA}})
    for shown in (repr(document.rule), str(document.rule), repr(document), str(document), repr([~document.rule])):
        assert ANA not in shown
    assert document.rule.value == ANA  # type: ignore[union-attr]


def test_an_executed_notebook_holds_neither_what_was_printed_nor_what_failed(tmp_path: Path) -> None:
    cells = [
        f"print('{ANA[:3]}' + '{ANA[3:]}')",
        f"import warnings; warnings.warn('+49151' + '12345678'); {{'a': ['{ANA[:3]}' + '{ANA[3:]}']}}",
        f"raise ValueError(\"could not convert '\" + '{MARY[:3]}' + '{MARY[3:]}' + \"' to a number\")",
    ]
    code: dict[str, object] = {"cell_type": "code", "execution_count": None, "outputs": []}
    notebook = {
        "cells": [
            {**code, "id": f"c{n}", "metadata": {} if n else {"tags": ["parameters"]}, "source": cell}
            for n, cell in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    source, target = tmp_path / "made.ipynb", tmp_path / "runs" / "made.ipynb"
    source.write_text(json.dumps(notebook))
    with pytest.raises(SegkitError, match=r"ValueError: could not convert '•••' to a number"):
        execute(source, target, {}, {}, lambda share: None)
    written = target.read_text()
    outputs = [output for cell in json.loads(written)["cells"] for output in cell.get("outputs", [])]
    assert {output["output_type"] for output in outputs} >= {"stream", "error", "execute_result"}
    for planted in (ANA, MARY, "+4915112345678"):
        assert planted not in written
    nbformat.validate(json.loads(written))
