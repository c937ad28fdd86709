"""One server for each file of tests that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboards.running import Running, planted_workspace, running


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of people whose addresses are looked for."""
    return planted_workspace(tmp_path_factory.mktemp("dashboards") / "workspace")


@pytest.fixture(scope="module")
def server(planted: Path) -> Iterator[Running]:
    """The dashboards behind a proxy, on that workspace."""
    with running(planted) as made:
        yield made
