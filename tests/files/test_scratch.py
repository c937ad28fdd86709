"""A process has a folder to itself while it lives; what a dead one left is removed, whatever is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from segkit.files.scratch import own_folder, sweep_folders

HOLD = """
import sys
from pathlib import Path
from segkit.files.scratch import own_folder
folder = own_folder(Path(sys.argv[1]))
(folder / "spilled").write_text("rows")
print(folder, flush=True)
sys.stdin.read()
"""


def test_the_folder_of_a_dead_process_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    mine = own_folder(tmp_path)
    (mine / "spilled").write_text("rows")
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    (tmp_path / "elsewhere-1-1").mkdir()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        sweep_folders(tmp_path)
        assert (theirs / "spilled").exists()
        other.kill()
    sweep_folders(tmp_path)
    assert not theirs.exists()
    assert (mine / "spilled").exists()
    assert own_folder(tmp_path) == mine
    assert (tmp_path / "elsewhere-1-1").exists()
    assert mine.stat().st_mode & 0o777 == 0o700
