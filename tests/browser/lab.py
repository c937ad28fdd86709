"""A real JupyterLab on a workspace, started by `segkit lab` as a user does, and a real browser before it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/lab\S*token=\w+)")


@contextmanager
def running_lab(workspace: Path) -> Iterator[str]:
    """JupyterLab's address with its token, while the block runs. It has no layout or settings of an earlier run."""
    with tempfile.TemporaryDirectory() as own:
        places = {f"JUPYTERLAB_{kind}_DIR": str(Path(own, kind.lower())) for kind in ("WORKSPACES", "SETTINGS")}
        with _started(workspace, {**os.environ, **places}) as address:
            yield address


@contextmanager
def _started(workspace: Path, environment: dict[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "segkit.cli", "lab", "-w", str(workspace), "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
    assert process.stderr is not None
    try:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := _ADDRESS.search(line):
                break
        else:
            raise AssertionError("JupyterLab did not start:\n" + "".join(lines))
        # Its log is read on, so that the pipe never fills.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield found[1]
    finally:
        process.terminate()
        process.wait(timeout=300)


@contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """Debian's Chromium with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
