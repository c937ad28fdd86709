"""What the README says of reports: its settings are read, its Airflow DAG compiles and calls a command that exists."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.data.settings import read_settings
from segkit.errors import Busy, Held, PartlyDone
from segkit.operations.metrics import _HELP

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
NIGHT = README.split("## The night\n")[1].split("\n## ")[0]


def block(language: str, having: str) -> str:
    [found] = [text for text in re.findall(rf"```{language}\n(.*?)```", NIGHT, flags=re.DOTALL) if having in text]
    return str(found)


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no option is broken over two lines."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def test_the_settings_are_read(tmp_path: Path) -> None:
    content = 'segkit = 1\n[apps.shop]\nzone = "Europe/Berlin"\n' + block("toml", "[[notifications]]")
    (tmp_path / "segkit.toml").write_text(content)
    settings = read_settings(tmp_path)
    assert [(each.name, each.kind, each.when) for each in settings.notifications] == [
        ("ops", "webhook", "problems"),
        ("team", "smtp", "always"),
        ("own", "command", "always"),
    ]
    assert (settings.notifications[1].port, settings.notifications[1].starttls) == (587, True)
    assert settings.reports.prometheus_mode == "0644"


def test_the_gauges_are_those_that_are_written() -> None:
    named = set(re.findall(r"segkit_\w+", NIGHT.split("runs/segkit.prom")[1].split("\n")[0]))
    assert named
    assert named <= set(_HELP)


@pytest.mark.usefixtures("wide")
def test_the_airflow_dag_compiles_and_its_command_exists(
    run_segkit: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    code = block("python", "airflow")
    compile(code, "README.md", "exec")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    [operator] = [call for call in calls if getattr(call.func, "id", "") == "BashOperator"]
    given = {word.arg: word.value for word in operator.keywords}
    program, command, option, _ = shlex.split(ast.literal_eval(given["bash_command"]))
    assert Path(program).name == "segkit"
    assert option in run_segkit(command, "--help").stdout
    assert ast.literal_eval(given["skip_on_exit_code"]) == [Held.exit_code] == [3]
    assert (Busy.exit_code, PartlyDone.exit_code) == (4, 5)
    assert ast.literal_eval(given["retries"]) > 0


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("command", ["schedule", "notify"])
def test_the_commands_are_there_with_the_options_that_are_shown(
    command: str, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    shown = set(re.findall(rf"segkit {command}((?: --?[\w-]+)+)", NIGHT))
    options = {word for words in shown for word in words.split() if word.startswith("-")}
    assert options
    helped = run_segkit(command, "--help").stdout
    assert [option for option in options if option not in helped] == []
