"""Starting and ending: nothing is left behind, nothing starts unconfined unless told, and pages are only calls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from segkit.dashboards import serving
from segkit.dashboards.pages import PAGES
from segkit.dashboards.panels import KINDS
from segkit.dashboards.serving import PROXY_SECRET, dashboards_folder, proxy_secret
from segkit.errors import SegkitError
from tests.dashboards.running import Client, running

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_evaluator_and_every_kernel_end_with_the_server(planted: Path, how: signal.Signals) -> None:
    with running(planted) as server:
        Client(server).page("runs")
        processes = server.children()
        folder = server.folder()
        assert len(processes) >= 1 + len(PAGES)
        os.kill(server.process.pid, how)
        assert server.process.wait() == (-how if how == signal.SIGKILL else 0)
        for process in processes:
            while Path(f"/proc/{process}").exists() and " Z " not in _state(process):
                pass
        assert how == signal.SIGKILL or not folder.exists()
    if how == signal.SIGKILL:  # the next one takes away what it left
        with running(planted):
            assert not folder.exists()


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    except OSError:
        return " Z "


def test_an_evaluator_that_was_killed_is_started_again(planted: Path) -> None:
    with running(planted) as server:
        page = Client(server).page("overview")
        evaluator = server.evaluator()
        with page.client.channel(page.kernel) as channel:
            assert page.state(channel, page.panels[1])["app"] == "shop"
            os.kill(evaluator, signal.SIGKILL)
            assert page.told(channel, page.panels[1], "custom")["content"] == {"kind": "lost"}
            assert "ended; load the page again" in page.state(channel, page.panels[0])["lost"]
        while "another one is started" not in "".join(server.log):
            pass
        while not (after := Client(server).page("overview")).panels:
            assert "does not answer" in after.words[0]
        assert after.states()[0]["app"] == "shop"


def test_nothing_starts_where_pages_cannot_be_confined_unless_told(
    planted: Path, run_segkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "landlock_version", lambda: 0)
    done = run_segkit("dashboards", "-w", planted, "--no-browser", code=1)
    assert "has no Landlock" in done.stderr
    assert "--unconfined" in done.stderr


def test_a_workspace_that_kernels_could_read_is_not_served(
    planted: Path, run_segkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "readable_paths", lambda: [planted.parent])
    assert "which pages' kernels can read" in run_segkit("dashboards", "-w", planted, "--no-browser", code=1).stderr


def test_a_proxys_secret_is_long_and_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROXY_SECRET, "long enough, they say")
    assert proxy_secret() == "long enough, they say"
    assert PROXY_SECRET not in os.environ
    monkeypatch.setenv(PROXY_SECRET, "short")
    with pytest.raises(SegkitError, match="found 5 characters; expected at least 16"):
        proxy_secret()


def test_every_page_is_a_notebook_that_only_calls(tmp_path: Path) -> None:
    assert {path.stem for path in dashboards_folder().glob("*.ipynb")} == set(PAGES)
    for name in PAGES:
        cells = json.loads((dashboards_folder() / f"{name}.ipynb").read_text())["cells"]
        assert ["".join(cell["source"]) for cell in cells] == [f'from segkit.dashboards import page\n\npage("{name}")']
        assert [cell["outputs"] for cell in cells] == [[]]


def test_every_panel_of_every_page_is_one_that_the_evaluator_knows() -> None:
    assert {panel for page in PAGES.values() for panel in page.panels} == set(KINDS) - {"header"}
