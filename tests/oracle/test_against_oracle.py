"""segkit, through its public API only, against the oracle: random and systematic rules over hostile worlds.

2,000 rule trees a run, 1,200 of them by DuckDB alone as well; 10,000 by both with `--full`. Every message holds what is
needed to replay it: the world's seed (`make_app(seed)`), the date and the rule.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from .generate import as_of_dates, make_app
from .measuring import Rule, is_muted
from .oracle import Segments, base, members
from .raw import RawApp
from .rules import random_rules, random_segments
from .systematic import systematic_rules
from .workspace_files import write_stage, write_workspace
from .world import World, build

DATES = 5
WORLDS, RULES_A_DATE = 8, 50
WORLDS_IN_FULL, RULES_A_DATE_IN_FULL = 20, 100
SYSTEMATIC_WORLDS = 2
BATCH = 50


@dataclass(frozen=True)
class Loaded:
    """One made world: the oracle's view of it, and segkit's app over the same rows with the same segments.

    `engines` are the same app evaluated with the columnar kernel, and by DuckDB alone.
    """

    raw: RawApp
    world: World
    segments: Segments
    engines: tuple[Any, ...]

    def check(self, rules: Sequence[Rule], as_of: date, engines: int | None = None) -> None:
        """Fails unless both agree on each rule and on its complement, and the two share out the base.

        Asks all engines, or the first so many.
        """
        for start in range(0, len(rules), BATCH):
            for app in self.engines[:engines]:
                self._check_batch(app, rules[start : start + BATCH], as_of)

    def _check_batch(self, app: Any, rules: Sequence[Rule], as_of: date) -> None:
        everybody = base(self.world, as_of)
        found = self.evaluated(app, [*rules, *({"not": rule} for rule in rules)], as_of)
        for rule, picked, others in zip(rules, found, found[len(rules) :], strict=False):
            if picked != self.expected(rule, as_of):
                pytest.fail(self.difference(app, rule, as_of), pytrace=False)
            # What is muted as a whole picks everybody, and so does `not` over it.
            is_shared_out = picked == others == everybody if is_muted(rule) else others == everybody - picked
            if not is_shared_out:
                pytest.fail(self._told(app, {"not": rule}, as_of, others, everybody - picked), pytrace=False)

    def evaluated(self, app: Any, rules: Sequence[Rule], as_of: date) -> list[set[str]]:
        """What segkit answers."""
        return [set(found.uids()) for found in app.evaluate(list(rules), as_of)]

    def expected(self, rule: Rule, as_of: date) -> set[str]:
        """What the oracle answers."""
        return members(rule, self.world, as_of, self.segments)

    def difference(self, app: Any, rule: Rule, as_of: date) -> str:
        """The rule that differs, and the smallest of its conditions that differs by itself."""
        parts = sorted(_conditions(rule), key=lambda part: len(_as_json(part)))
        for part, found in zip(parts, self.evaluated(app, parts, as_of), strict=True):
            if found != self.expected(part, as_of):
                whole = "" if part is rule else f"\nwhich is a condition of\n{_as_json(rule)}"
                return self._told(app, part, as_of, found, self.expected(part, as_of)) + whole
        found = self.evaluated(app, [rule], as_of)[0]
        return self._told(app, rule, as_of, found, self.expected(rule, as_of))

    def _told(self, app: Any, rule: Rule, as_of: date, found: set[str], expected: set[str]) -> str:
        seed, zone = self.raw.seed, self.raw.zone
        named = {name: self.segments[name] for name in _segments_of(rule)}
        engine, loaded = "kernel" if app.evaluator().kernel else "DuckDB", "staged" if self.raw.staged else "at once"
        return (
            f"{engine}, world seed {seed} ({zone}, loaded {loaded}), as_of {as_of}\n"
            f"rule: {_as_json(rule)}\n"
            f"segkit has too many: {sorted(found - expected)}\n"
            f"segkit lacks: {sorted(expected - found)}" + (f"\nsegments: {_as_json(named)}" if named else "")
        )


def _conditions(rule: Rule) -> Iterable[Rule]:
    yield rule
    for child in [*rule.get("all", []), *rule.get("any", []), *([rule["not"]] if "not" in rule else [])]:
        yield from _conditions(child)


def _segments_of(rule: Rule) -> list[str]:
    return [part["segment"] for part in _conditions(rule) if "segment" in part]


def _as_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "loaded" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full", default=False)
        worlds = WORLDS_IN_FULL if full else WORLDS
        if "systematic" in metafunc.function.__name__ and not full:
            worlds = SYSTEMATIC_WORLDS
        metafunc.parametrize("loaded", range(worlds), indirect=True, ids=lambda seed: f"world-{seed}", scope="module")


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    raw = make_app(request.param)
    folder = tmp_path_factory.mktemp(f"world-{raw.seed}")
    workspace = _loaded_workspace(raw, folder)
    world = build(raw)
    segments = random_segments(world, as_of_dates(raw, DATES)[1], raw.seed)
    app = workspace.app(raw.name)
    for name, rule in segments.items():
        app.save({"name": name, "cycle": "daily", "rule": rule})
    return Loaded(raw, world, segments, _engines(app, folder))


def _engines(app: Any, folder: Path) -> tuple[Any, Any]:
    """The app as it is opened, with the kernel, and once more by DuckDB alone."""
    settings = folder / "segkit.toml"
    with_kernel = settings.read_text(encoding="utf-8")
    settings.write_text(with_kernel + "\n[evaluation]\nkernel = false\n", encoding="utf-8")
    segkit: Any = importlib.import_module("segkit")
    alone = segkit.open(folder).app(app.name)
    settings.write_text(with_kernel, encoding="utf-8")
    assert alone.evaluator().kernel is None
    return app, alone


def _loaded_workspace(raw: RawApp, folder: Path) -> Any:
    """segkit's workspace over the rows of a world: loaded at once, or as the files of each data date arrive."""
    segkit: Any = importlib.import_module("segkit")
    stages = raw.stages() if raw.staged else raw.stages()[-1:]
    write_workspace(raw, folder, until=stages[0])
    workspace = segkit.open(folder)
    workspace.load()
    for stage in stages[1:]:
        write_stage(raw, folder, stage)
        workspace.load(accept_drift=True)  # hostile worlds drift, and the oracle takes all that arrives
    return workspace


def test_random_rules_pick_the_users_that_the_oracle_picks(loaded: Loaded, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("--full", default=False)
    count = RULES_A_DATE_IN_FULL if full else RULES_A_DATE
    for number, as_of in enumerate(as_of_dates(loaded.raw, DATES)):
        rules = random_rules(loaded.world, as_of, loaded.segments, loaded.raw.seed, count)
        loaded.check(rules, as_of, engines=2 if full or number % 2 == 0 else 1)
    assert loaded.engines[0].evaluator().kernel.answered > 4 * count  # most leaves, and a rule has several


def test_systematic_rules_pick_the_users_that_the_oracle_picks(loaded: Loaded) -> None:
    as_of = as_of_dates(loaded.raw, DATES)[3]
    cases = list(systematic_rules(loaded.world, as_of))
    loaded.check([case.rule for case in cases], as_of)
    assert sum(case.splits_missing(loaded.world, as_of) for case in cases) >= 50


def test_after_each_load_segkit_knows_what_had_arrived(tmp_path: Path) -> None:
    seed = next(seed for seed in range(100) if make_app(seed).staged)
    raw = make_app(seed)
    segkit: Any = importlib.import_module("segkit")
    write_workspace(raw, tmp_path, until=raw.stages()[0])
    workspace = segkit.open(tmp_path)
    for number, stage in enumerate(raw.stages()):
        if number > 0:
            write_stage(raw, tmp_path, stage)
        workspace.load(accept_drift=True)  # hostile worlds drift, and the oracle takes all that arrives
        arrived = raw.until(stage)
        view = Loaded(arrived, build(arrived), {}, (workspace.app(raw.name),))
        for as_of in (stage, raw.stages()[0], as_of_dates(raw, DATES)[3]):
            view.check(random_rules(view.world, as_of, {}, f"{seed} {stage}", 20), as_of)
