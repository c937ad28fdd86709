"""The commands about the life of a segment, on the demo workspace."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from segkit.cli import cli
from segkit.errors import SegkitError

NAME = "Silent gateway owners"


class Said:
    """One workspace's command line, in this process."""

    def __init__(self, folder: Path) -> None:
        self._at = ["-w", str(folder), "--app", "smart-home"]

    def __call__(self, *words: str) -> tuple[str, str]:
        """What a command answers, and what it says beside."""
        done = CliRunner().invoke(cli, [*words, *self._at])
        if isinstance(done.exception, SegkitError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout, done.stderr

    def data(self, *words: str) -> Any:
        return json.loads(self(*words, "--json")[0])


@pytest.fixture
def say(demo: Path) -> Said:
    return Said(demo)


def test_a_segment_is_edited_looked_back_at_reverted_copied_archived_and_found(say: Said, tmp_path: Path) -> None:
    path = tmp_path / "silent.yaml"
    first = say("show", NAME)[0]
    segment_id = say.data("show", NAME)["id"]
    path.write_text(first.replace("last: 30", "last: 60") + "tags: [May, VIP]\nfolder: Campaigns/2026\n")
    say("save", str(path), "--based-on", "1")
    history = say("history", NAME)[0]
    assert "Added the tags “May”, “VIP”." in history
    assert "in the last 30 days’ to ‘" in history
    assert say("show", NAME, "--version", "1")[0] == first
    assert "users as of 2026-06-01, computed today" in say("show", NAME)[1]
    assert [info["name"] for info in say.data("list", "--tag", "vip", "--folder", "campaigns")] == [NAME]
    assert "saved as version 3" in say("revert", NAME, "--to", "1")[1]
    say("duplicate", "Users with gateways", "Gateways in Europe")
    assert "Archived ‘Gateways in Europe’" in say("archive", "gateways IN europe")[1]
    assert [info["name"] for info in say.data("list", "--archived")] == ["Gateways in Europe"]
    say("unarchive", "Gateways in Europe")
    say("delete", "Gateways in Europe")
    assert [info["name"] for info in say.data("list", "--deleted")] == ["Gateways in Europe"]
    say("undelete", "Gateways in Europe", "--as", "Gateways again")
    assert say.data("list", "gateways again")[0]["version"] == 2
    assert say.data("history", segment_id)["entries"][0]["note"] == "as in version 1"


def test_a_stale_file_is_refused_with_both_sides_and_merged_on_demand(say: Said, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine.yaml", tmp_path / "theirs.yaml"
    text = say("show", NAME)[0]
    theirs.write_text(text + "tags: [theirs]\n")
    mine.write_text(text + "folder: Mine\n")
    say("save", str(theirs), "--based-on", "1")
    with pytest.raises(SegkitError) as refused:
        say("save", str(mine), "--based-on", "1")
    assert "changed:\n    Added the tag “theirs”." in str(refused.value)
    assert "You wanted:\n    Added the folder “Mine”." in str(refused.value)
    assert "now holds both changes, as version 3" in say("save", str(mine), "--based-on", "1", "--merge")[1]
    shown = say("show", NAME)[0]
    assert "folder: Mine\n" in shown
    assert "- theirs\n" in shown
    assert mine.read_text() == shown


def test_lineage_is_told_as_text_data_and_a_picture(say: Said, tmp_path: Path) -> None:
    text = say("lineage", NAME)[0]
    assert text.startswith(f"segment ‘{NAME}’ (custom, daily, ")
    assert "\n  label marketing_consent Marketing consent (" in text
    assert "export" in text.partition("Used by:")[2]
    found = say.data("lineage", NAME)
    kinds = {node["kind"] for node in found["nodes"]}
    assert {"source", "label", "event", "segment", "export"} == kinds
    drawn = tmp_path / "lineage.svg"
    assert "Drew" in say("lineage", NAME, "--svg", str(drawn))[1]
    assert ET.parse(drawn).getroot().tag == "{http://www.w3.org/2000/svg}svg"
