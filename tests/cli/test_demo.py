"""The main job through the command line, in processes of their own, on the demo workspace."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import nbformat
import pytest

Run = Callable[..., "CompletedProcess[str]"]


def test_the_demo_has_both_apps_published_two_executed_notebooks_and_one_zip(demo: Path, run_segkit: Run) -> None:
    for app, predefined in (("smart-home", 10), ("grocery", 0)):
        listed = json.loads(run_segkit("list", "-w", demo, "--app", app, "--json").stdout)
        kinds = [info["kind"] for info in listed]
        assert (kinds.count("predefined"), kinds.count("custom")) == (10, 6)
        published = [info for info in listed if info["count"] is not None]
        assert len(published) == predefined + 6
        assert all(not info["is_stale"] for info in published)
    assert [path.name for path in (demo / "exports").iterdir()] == ["smart-home-campaigns-2026-06-01.zip"]
    notebooks = sorted(path.name for path in (demo / "runs").rglob("*.ipynb"))
    assert notebooks == ["nightly_export.ipynb", "nightly_refresh.ipynb"]


def test_an_unavailable_predefined_segment_says_what_is_missing(demo: Path, run_segkit: Run) -> None:
    listed = json.loads(run_segkit("list", "-w", demo, "--app", "grocery", "--json").stdout)
    gateways = next(info for info in listed if info["id"] == "pd_users_with_gateways")
    assert gateways["missing"] == ["label marketing_consent", "label has_gateway"]
    refused = run_segkit("estimate", "Users with gateways", "-w", demo, "--app", "grocery", code=1)
    assert (
        "is unavailable in this app: its vocabulary lacks label marketing_consent, label has_gateway" in refused.stderr
    )


def test_an_estimate_has_the_shape_that_the_design_gives(demo: Path, run_segkit: Run) -> None:
    done = run_segkit("estimate", "Silent gateway owners", "-w", demo, "--app", "smart-home", "--json")
    found = json.loads(done.stdout)
    assert found["as_of"] == "2026-06-01"
    assert set(found["reach"]) == {"email", "mobile", "push"}
    assert found["conditions"][0]["path"] == "rule"
    assert found["conditions"][0]["count"] == found["count"]
    assert 0 < found["count"] < found["base"]
    assert all(count <= found["count"] for count in found["reach"].values())


def test_members_are_masked_until_asked_for_and_the_asking_is_on_record(demo: Path, run_segkit: Run) -> None:
    words = (
        "members",
        "Users with gateways",
        "-w",
        demo,
        "--app",
        "smart-home",
        "--labels",
        "email,country",
        "--limit",
        "5",
    )
    masked = list(csv.DictReader(io.StringIO(run_segkit(*words).stdout)))
    shown = list(csv.DictReader(io.StringIO(run_segkit(*words, "--unmask").stdout)))
    assert [row["uid"] for row in masked] == [row["uid"] for row in shown]
    assert len(masked) == 5
    assert all("•••@" in row["email"] for row in masked if row["email"])
    assert any(row["email"].endswith(("example.com", "example.org", "example.net")) for row in shown)
    import segkit

    (entry,) = segkit.open(demo).catalog.audit("smart-home", action="unmask")
    assert entry.detail["users"] == 5


def test_a_page_goes_on_behind_the_last_uid_of_the_page_before(demo: Path, run_segkit: Run) -> None:
    words = ("members", "Users with gateways", "-w", demo, "--app", "smart-home", "--limit")
    first = run_segkit(*words, "7").stdout.split()[1:]
    more = run_segkit(*words, "3", "--after", first[3]).stdout.split()[1:]
    assert more == first[4:]


def test_check_agrees_with_members(demo: Path, run_segkit: Run) -> None:
    members = run_segkit(
        "members", "Users with gateways", "-w", demo, "--app", "smart-home", "--limit", "1"
    ).stdout.split()
    said = run_segkit("check", members[1], "Users with gateways", "-w", demo, "--app", "smart-home").stdout
    assert said == "in\n"
    unknown = run_segkit("check", "nobody-at-all", "Users with gateways", "-w", demo, "--app", "smart-home", code=1)
    assert "no user" in unknown.stderr


def test_the_exported_zip_holds_what_the_manifest_says(demo: Path) -> None:
    with zipfile.ZipFile(demo / "exports" / "smart-home-campaigns-2026-06-01.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        for part in manifest["segments"]:
            rows = list(csv.DictReader(io.TextIOWrapper(archive.open(part["file"]), "utf-8")))
            assert len(rows) == part["count"]
            assert list(rows[0]) == ["uid", "country", "platform"]


def test_a_second_night_repeats_nothing(demo: Path, run_segkit: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in (demo / "exports").iterdir()}
    report = json.loads(run_segkit("nightly", "-w", demo, "--json").stdout)
    statuses = {s["status"] for detail in report["refreshes"].values() for s in detail["segments"]}
    assert statuses <= {"up to date", "unavailable"}
    assert [export["status"] for export in report["exports"]] == ["made before"]
    assert {path: path.stat().st_mtime_ns for path in (demo / "exports").iterdir()} == before


def test_executed_notebooks_and_the_catalog_hold_no_user(demo: Path) -> None:
    import segkit

    app = segkit.open(demo).app("smart-home")
    people = app.members({"all": []}, labels=["email", "mobile"], unmask=True)
    strings = {value for column in ("email", "mobile") for value in people[column].dropna()}
    assert len(strings) > 1_000
    for path in (demo / "runs").rglob("*.ipynb"):
        text = path.read_text()
        nbformat.validate(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
        assert not any(string in text for string in strings), path.name


def test_save_gives_a_file_its_id_and_publishes_at_once(demo: Path, run_segkit: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("# mine\nsegkit: 1\nname: Germans\nrule: {label: country, op: eq, value: DE}\n")
    run_segkit("save", path, "-w", demo, "--app", "smart-home")
    text = path.read_text()
    assert text.startswith("# mine\nsegkit: 1\nid: sg_")
    run_segkit("save", path, "-w", demo, "--app", "smart-home")
    listed = json.loads(run_segkit("list", "-w", demo, "--app", "smart-home", "--json").stdout)
    (mine,) = [info for info in listed if info["name"] == "Germans"]
    assert mine["version"] == 1
    assert mine["count"] > 0
    run_segkit("delete", "germans", "-w", demo, "--app", "smart-home")
    gone = run_segkit("show", "Germans", "-w", demo, "--app", "smart-home", code=1)
    assert "no segment 'Germans'" in gone.stderr


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name: X\nrule: {label: contry, op: eq, value: DE}\n", "no label 'contry'. Did you mean 'country'?"),
        ("name: X\nrule: {label: country, op: eq, value: NO}\n", "line 2, column 39: found NO without quotes"),
        ("name: X\nrule: {segment: Users with gatewys}\n", "Did you mean 'Users with gateways'?"),
        ("name: X\nrule: {event: app_used}\n", "rule.window: missing"),
        (f"name: {'x' * 65}\nrule: {{all: []}}\n", "found a name of 65 characters; expected at most 64"),
        ("name: users with  GATEWAYS\nrule: {all: []}\n", "is the name of a predefined segment"),
    ],
)
def test_a_mistake_in_a_document_is_told_so_that_it_can_be_mended(
    demo: Path, run_segkit: Run, tmp_path: Path, content: str, expected: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content)
    refused = run_segkit("save", path, "-w", demo, "--app", "smart-home", code=1)
    assert expected in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_folder_without_a_workspace_and_a_wrong_word_have_their_exit_codes(
    tmp_path: Path, segkit_process: Run
) -> None:
    assert "no segkit.toml there" in segkit_process("list", "-w", tmp_path, code=1).stderr
    segkit_process("lisst", code=2)


def test_every_command_has_help_with_an_example(run_segkit: Run) -> None:
    commands = [
        "demo",
        "load",
        "doctor",
        "labels",
        "events",
        "values",
        "list",
        "show",
        "save",
        "delete",
        "estimate",
        "members",
        "check",
        "refresh",
        "nightly",
        "export",
        "lab",
    ]
    listed = run_segkit("--help").stdout
    for command in commands:
        assert command in listed
        assert "Example" in run_segkit(command, "--help").stdout, command


def test_doctor_finds_a_damaged_snapshot_and_refresh_mends_it(demo: Path, run_segkit: Run) -> None:
    assert "Nothing is wrong" in run_segkit("doctor", "-w", demo, "--deep").stdout
    path = next((demo / "snapshots" / "smart-home").rglob("*.bits"))  # any of them, also one with cycle once
    content = bytearray(path.read_bytes())
    content[-1] ^= 4
    path.write_bytes(content)
    found = run_segkit("doctor", "-w", demo, "--deep", code=1).stdout
    assert path.name in found
    command = re.search(r"`segkit (refresh [^`]+)`", found)
    assert command is not None
    run_segkit(*command[1].split(), "-w", demo)
    assert "Nothing is wrong" in run_segkit("doctor", "-w", demo).stdout
