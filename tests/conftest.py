"""Options and fixtures that every test may use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, inspect

from segkit.cli import main
from segkit.files.disk import Disk
from segkit.files.locks import Lock
from segkit.store import migrations
from tests.postgresql import new_postgresql, postgresql

__all__ = ["new_postgresql", "postgresql"]  # fixtures

if TYPE_CHECKING:
    from tests.small_workspace import SmallWorkspace

ROOT = Path(__file__).resolve().parents[1]

# Each of the processes that tests start would compile segkit anew: half a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A busy machine is no failure.
settings.register_profile("patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", default=False, help="run each acceptance figure at its stated size")


#: What takes a worker a minute or longer is handed out first, so that no worker is left alone with it at the end.
LONG = (
    "tests/notebooks/test_notebooks.py",
    "tests/oracle/test_against_oracle.py",
    "tests/browser/",
    "tests/faults/test_nights.py",
    "tests/cli/test_readme_walk.py",
    "tests/faults/test_killed_night.py",
    "tests/api/test_as_of.py",
    "tests/operations/test_erasing.py",
    "tests/api/test_why.py",
    "tests/cli/test_wheel.py",
    "tests/cli/test_demo.py",
    "tests/privacy/",
    "tests/dashboards/",
    "tests/faults/",
    "tests/data/test_killed_load.py",
    "tests/api/test_backfill.py",
    "tests/api/test_complete_journey.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Workers side by side get the files in the order of collection, not those with the most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the others as they were."""
    items.sort(key=lambda item: next((place for place, path in enumerate(LONG) if item.nodeid.startswith(path)), 99))


#: Where it is the migrations and the syncing themselves that are looked at.
_REAL = ("tests/store/", "tests/faults/", "tests/files/")


@pytest.fixture(autouse=True)
def _new_catalogs_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new SQLite catalog gets the tables that the migrations made in the first one; syncing waits for no disk.

    A fifth of the time of a small workspace's test. Processes that tests start do all of it.
    """
    if not request.node.nodeid.startswith(_REAL):
        monkeypatch.setattr(migrations, "upgrade", _upgrade)
        monkeypatch.setattr(Disk, "sync", lambda _disk, fd: os.fstat(fd))


_migrate = migrations.upgrade
_made: list[tuple[str, dict[str, str]]] = []


def _upgrade(connection: Connection, to: str = "head") -> None:
    is_new = connection.dialect.name == "sqlite" and not inspect(connection).get_table_names()
    if not is_new or to != "head":
        _migrate(connection, to)
    elif not _made:
        _migrate(connection)
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        _made.extend((statement, {}) for (statement,) in made)
        filled = [name for name in inspect(connection).get_table_names() if _is_filled(connection, name)]
        assert filled == ["alembic_version"], filled
        _made.append(("INSERT INTO alembic_version VALUES (:head)", {"head": migrations.head()}))
    else:
        for statement, values in _made:
            connection.exec_driver_sql(statement, values)


def _is_filled(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1').first() is not None


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the stated size is asked for, rather than a seeded sample."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallWorkspace]:
    """A workspace of a few literal users and events, loaded when it is first asked."""
    from tests.small_workspace import SmallWorkspace

    made = SmallWorkspace(tmp_path / "workspace")
    yield made
    made.close()


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo workspace of 2,000 users, made once by the command itself; copy it, do not change it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # by all who test side by side
    folder, made = shared / "demo-template" / "demo", shared / "demo-template" / "made"
    with Lock(shared / "demo-template.lock", "making the demo workspace", wait=600):
        if not made.exists():
            command = [sys.executable, "-m", "segkit.cli", "demo", str(folder), "--users", "2000"]
            # With a umask that leaves open what segkit does not close by itself.
            done = subprocess.run(command, capture_output=True, text=True, check=False, umask=0o022)
            assert done.returncode == 0, done.stderr
            made.touch()
    return folder


@pytest.fixture
def demo(demo_template: Path, tmp_path: Path) -> Path:
    """A demo workspace of one's own."""
    return Path(shutil.copytree(demo_template, tmp_path / "demo"))


@pytest.fixture
def run_segkit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line in this process, all of it but Python's start: many commands, one import."""

    def run(*words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = ["segkit", *map(str, words)]
        monkeypatch.setattr(sys, "argv", command)
        capsys.readouterr()  # what the test itself said before is none of the command's
        with pytest.raises(SystemExit) as ended:
            main()
        done = subprocess.CompletedProcess(command, int(ended.value.code or 0), *capsys.readouterr())
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def segkit_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line in a process of its own, seconds dearer: where the process itself is what is tested."""

    def run(*words: str | Path, code: int = 0, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "segkit.cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done  # type: ignore[no-any-return]

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that `tests/setup.sh` installed."""
    found = json.loads((ROOT / ".tools" / "env.json").read_text())["chromium"]
    assert Path(found).exists()
    return str(found)
