"""The commands about one user, and pages of members, on the demo workspace."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from segkit.cli import cli
from segkit.errors import NotFound, SegkitError

SEGMENT = "Users with gateways"


class Said:
    """One workspace's command line, in this process; it changes nothing but the audit trail."""

    def __init__(self, folder: Path) -> None:
        self._at = ["-w", str(folder), "--app", "smart-home"]

    def __call__(self, *words: str) -> Any:
        done = CliRunner().invoke(cli, [*words, *self._at])
        if isinstance(done.exception, SegkitError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done

    def data(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").stdout)


@pytest.fixture
def say(demo: Path) -> Said:
    return Said(demo)


def test_members_come_page_by_page_in_every_format(say: Said) -> None:
    everybody = pd.read_csv(io.StringIO(say("members", SEGMENT).stdout), dtype=str)["uid"].tolist()
    for form in ("csv", "json", "parquet"):
        found: list[str] = []
        while True:
            after = ["--after", found[-1]] if found else []
            page = say("members", SEGMENT, "--limit", "150", *after, "--labels", "country", "--format", form)
            frame = _frame(form, page)
            if frame.empty:
                break
            assert list(frame.columns) == ["uid", "country"]
            found += frame["uid"].tolist()
        assert found == everybody
    assert len(everybody) > 300


def _frame(form: str, page: Any) -> pd.DataFrame:
    if form == "csv":
        return pd.read_csv(io.StringIO(page.stdout), dtype=str)
    if form == "json":
        return pd.DataFrame(json.loads(page.stdout))
    return pd.read_parquet(io.BytesIO(page.stdout_bytes))


def test_one_user_is_checked_explained_and_shown_by_uid_e_mail_and_mobile(say: Said) -> None:
    rows = json.loads(
        say("members", SEGMENT, "--labels", "email,mobile", "--unmask", "--format", "json", "--limit", "200").stdout
    )
    user = next(row for row in rows if row["email"] and row["mobile"])
    for who in (user["uid"], user["email"].upper(), user["mobile"]):
        assert say("check", who, SEGMENT).stdout == "in\n"
        explained = say.data("explain", who, SEGMENT)
        assert (explained["uid"], explained["in"]) == (user["uid"], True)
        shown = say.data("profile", who, "--days", "1")
        assert shown["uid"] == user["uid"]
        assert SEGMENT in [each["name"] for each in shown["segments"] if each["in"]]
        assert user["email"] not in json.dumps(shown)
    words = say("explain", user["uid"], SEGMENT).stdout
    assert words.startswith(f"{user['uid']} is in ‘{SEGMENT}’ as of 1 Jun 2026.\n")
    profile = say("profile", user["uid"], "--unmask", "--before", "2026-05-20")
    assert user["email"] in profile.stdout
    assert say.data("audit")[0]["action"] == "unmask"
    assert "--unmask shows it, on record" in say("profile", user["uid"]).stderr
    with pytest.raises(NotFound, match="no user with the uid"):
        say("explain", "nobody@example.invalid", SEGMENT)
    with pytest.raises(SegkitError, match="--before 'May': expected a day"):
        say("profile", user["uid"], "--before", "May")
