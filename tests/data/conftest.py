"""A workspace of literal rows for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .made import Made


@pytest.fixture
def shop(tmp_path: Path) -> Made:
    return Made(tmp_path / "workspace")
