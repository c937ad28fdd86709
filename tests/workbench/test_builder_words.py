"""Every operator and every measure has its words, and every file of the view is part of what the browser gets."""

from __future__ import annotations

import re

from segkit.definitions.operators import MEASURES, OPERATORS, operators_of_measure
from segkit.workbench.builder import assets
from segkit.workbench.builder.words import words


def test_every_operator_of_every_type_has_words_that_tell_it_from_the_others() -> None:
    for type_, operators in words()["operators"].items():
        assert [each["op"] for each in operators] == list(OPERATORS[type_])
        told = [(each["group"], each["words"], each["behind"]) for each in operators]
        assert len(set(told)) == len(told)
        assert all(each["words"] for each in operators)


def test_every_measure_is_compared_by_the_operators_that_it_has() -> None:
    for each in words()["measures"]:
        assert [operator["op"] for operator in each["operators"]] == list(operators_of_measure(each["measure"]))
    assert [each["measure"] for each in words()["measures"]] == list(MEASURES)


def test_every_file_of_the_view_is_part_of_the_module_and_asks_nobody_outside() -> None:
    assert sorted(path.name for path in assets.FOLDER.glob("*.js")) == sorted(assets.SCRIPTS)
    assert sorted(path.name for path in assets.FOLDER.glob("*.css")) == sorted(assets.STYLES)
    module = assets.script()
    assert module.count("export default") == 1
    assert not re.findall(r"^\s*import\b", module, re.MULTILINE)
    addresses = re.findall(r"https?://[^\s\"'`]+", module + assets.style())
    assert set(addresses) == {"http://www.w3.org/2000/svg"}
