"""Kernel and DuckDB agree user by user on random rule sets over made data, with one and with two threads.

3 sets over 2,000 users by default; the stated 500 over 200,000 users and 10 million events with
`pytest --full tests/engine/test_kernel_at_size.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

import segkit
from segkit.api import App
from segkit.data.settings import EvaluationSettings, Limits
from segkit.definitions.documents import parse_rule
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.kernel import counting
from tests.bench.segments.made import AS_OF, SIZES, Made
from tests.bench.segments.rules import leaves, rules


@pytest.fixture(scope="module")
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    full = request.config.getoption("--full")
    made = Made(tmp_path_factory.mktemp("made"), SIZES["S" if full else "smoke"])
    made.make()
    made.load()
    workspace = segkit.open(made.workspace)
    yield workspace.app("shop")
    workspace.close()


def evaluator(app: App, spill: Path, threads: int, kernel: bool) -> DuckEvaluator:
    """One that keeps nothing on disk."""
    limits, evaluation = Limits(threads=threads), EvaluationSettings(kernel=kernel, cache="0MB")
    return DuckEvaluator(app.folder, app.manifest, app.vocabulary, limits, spill, evaluation=evaluation)


def test_both_pick_the_same_users_of_random_rule_sets(
    app: App, tmp_path: Path, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not full:
        monkeypatch.setattr(counting, "_RANGE", 1 << 10)  # so that users lie in several ranges here too
    engines = [evaluator(app, tmp_path, threads, kernel) for threads in (1, 2) for kernel in (True, False)]
    for seed in range(500 if full else 3):
        chance = Random(f"set {seed}")
        asked = [parse_rule(rule) for rule in rules(5, leaves(12, f"set {seed}"), f"set {seed}")]
        day = AS_OF - timedelta(days=chance.choice((0, 0, 1, 33)))
        first, *others = ([one.members for one in engine.evaluate(asked, day)] for engine in engines)
        assert all(found == first for found in others), f"set {seed} as of {day}"
    for engine in engines:
        if engine.kernel is not None:
            assert engine.kernel.answered > (1_000 if full else 15)
        engine.close()
