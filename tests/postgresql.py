"""A PostgreSQL server of the tests' own, started when the first test asks for it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

PROJECT = Path(__file__).parents[1]


def _postgres_binaries() -> Path | None:
    settings = PROJECT / ".tools" / "env.json"
    named = json.loads(settings.read_text()).get("postgres_bin") if settings.is_file() else None
    places = [Path(named)] if named else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    places += [Path(on_path).resolve().parent] if on_path else []
    return next((place for place in places if (place / "postgres").exists() and (place / "initdb").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: how to start it as somebody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL without a database name: private, on a free port, gone when the tests end."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server on this machine; tests/setup.sh installs one")
    folder = Path(tempfile.mkdtemp(prefix="segkit-pg-"))
    as_user = _unprivileged()
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    environment = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ} | {"LC_ALL": "C"}
    common: dict[str, Any] = {"cwd": folder, "env": environment, **as_user}
    data, port = folder / "data", _free_port()
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "segkit", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, **common,
        )  # fmt: skip
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())],
                stdout=log, stderr=log, **common,
            )  # fmt: skip
        _wait_until_it_answers(port, server, folder / "log")
        yield f"postgresql://segkit@127.0.0.1:{port}/"
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
            server.wait(300)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(3000):
        try:
            psycopg.connect(f"postgresql://segkit@127.0.0.1:{port}/postgres", connect_timeout=10).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def new_postgresql(postgresql: str) -> Callable[[], str]:
    """Makes an empty database and gives its URL."""

    def make() -> str:
        name = f"t_{uuid.uuid4().hex}"
        with psycopg.connect(postgresql + "postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return postgresql + name

    return make
