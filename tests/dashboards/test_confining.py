"""What a page's kernel gives up for good: files, connections, signals; what Python needs stays."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from segkit.dashboards.confining import landlock_version

pytestmark = pytest.mark.skipif(landlock_version() < 6, reason="this machine's kernel lacks what is tested")
_BEGIN = """
import os, socket, subprocess, sys
from pathlib import Path
from segkit.dashboards.confining import confine
from segkit.dashboards.page_kernel import readable_paths
own, there = Path(sys.argv[1]), sys.argv[2]
confine(readable_paths(), [own, Path("/dev/null")], [])
for line in sys.stdin.read().splitlines():
    try:
        print(eval(line))
    except Exception as error:
        print(type(error).__name__)
"""


def confined(own: Path, there: object, *lines: str) -> list[str]:
    """What each line comes to in a confined process, or how it fails."""
    command = [sys.executable, "-P", "-c", _BEGIN, str(own), str(there)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_workspace_cannot_be_read_nor_seen_nor_changed(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    secret = tmp_path / "segkit.toml"
    secret.write_text("[roles]")
    assert confined(
        tmp_path / "own", secret,
        "open(there).read()", "os.listdir(Path(there).parent)", "Path(there).write_text('x')", "os.unlink(there)",
        "os.truncate(there, 0)", "os.rename(there, own / 'mine')", "os.link(there, own / 'mine')",
        "subprocess.run(['cat', there], check=True, stderr=subprocess.DEVNULL)",
    ) == [*["PermissionError"] * 6, "OSError", "CalledProcessError"]  # fmt: skip
    assert secret.read_text() == "[roles]"


def test_its_own_folder_and_python_can_be_used(tmp_path: Path) -> None:
    said = confined(
        tmp_path, "", "(own / 'a').write_text('bcd')", "(own / 'a').read_text()", "__import__('anywidget').__name__"
    )
    assert said == ["3", "bcd", "anywidget"]


def test_no_address_can_be_connected_to(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert confined(tmp_path, port, "socket.create_connection(('127.0.0.1', int(there)), 5)") == ["PermissionError"]


def test_no_process_outside_gets_a_signal_or_is_looked_at(tmp_path: Path) -> None:
    lines = ("os.kill(int(there), 15)", "open(f'/proc/{there}/environ').read()", "os.listdir('/proc')")
    assert confined(tmp_path, os.getpid(), *lines) == ["PermissionError"] * 3
