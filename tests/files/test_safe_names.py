"""Any text gives a name that is safe in a folder, a shell and a zip, and different texts different ones."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segkit.files.names import LONGEST, safe_name, safe_names

RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Silent gateway owners", "Silent_gateway_owners"),
        ("VIP 2026-01.v2", "VIP_2026-01.v2"),
        ("München: Käufer > 100 €", "München_Käufer_100"),
        ("新用户 30天", "新用户_30天"),
        ("हिन्दी", "हिन्दी"),
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a/../b", "a_._b"),
        ("/absolute", "absolute"),
        (".hidden", "hidden"),
        ("-rf *", "rf"),
        ("$(reboot) `id` ; x", "reboot_id_x"),
        ("line\nbreak\ttab\0nul", "line_break_tab_nul"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("full／width", "full_width"),
        ("ends with dots...", "ends_with_dots"),
        ("CON", "x-CON"),
        ("nul.txt", "x-nul.txt"),
        ("com1", "x-com1"),
        ("COM¹", "x-COM1"),
        ("console", "console"),
        ("", "unnamed"),
        (" / . ", "unnamed"),
        ("😀", "unnamed"),
        ("\ud800", "unnamed"),
    ],
)
def test_the_name_of(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_what_stands_in_for_nothing_can_be_chosen() -> None:
    assert safe_name("///", otherwise="sg_1") == "sg_1"


def test_a_long_text_is_cut_between_characters() -> None:
    assert safe_name("ü" * 200) == "ü" * 50
    assert safe_name("a" + "ü" * 200) == "a" + "ü" * 49


def test_texts_that_give_the_same_name_are_numbered() -> None:
    assert safe_names(["VIP", "vip", "V/I/P", "Vip!", "x"]) == ["VIP", "vip-2", "V_I_P", "Vip-3", "x"]
    assert safe_names(["a", "a-2", "a"]) == ["a", "a-2", "a-3"]
    assert [len(name) for name in safe_names(["n" * 300] * 2)] == [LONGEST, LONGEST]


@given(st.text(st.characters(), max_size=150))
def test_no_text_escapes(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode("utf-8")) <= LONGEST
    assert name == PurePosixPath(name).name == PureWindowsPath(name).name
    assert name[0] not in "._-"
    assert ".." not in name
    assert not set(name) & set("/\\:*?\"<>|$`'&;!~ \t\n\0")
    assert not RESERVED.fullmatch(name)
    assert safe_name(name) == name


@given(st.lists(st.text(max_size=5) | st.text("aA.", max_size=110), max_size=12))
def test_names_of_several_texts_all_differ_even_without_letter_case(texts: list[str]) -> None:
    names = safe_names(texts)
    assert len(names) == len(texts)
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name.encode("utf-8")) <= LONGEST for name in names)


def test_every_name_can_be_a_file(tmp_path: Path) -> None:
    for name in safe_names(["CON", "../x", "ü" * 300, "ü" * 300, ""]):
        (tmp_path / f"{name}.2026-01-01.csv").write_text("")
    assert len(list(tmp_path.iterdir())) == 5
