"""plan → apply → plan is empty, over random folders; who is gained and lost are the oracle's set differences.

25 folders by default; the stated 500 with `pytest --full tests/faults/test_random_folders.py`.
"""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

import segkit
from segkit.api import App, Workspace
from segkit.api.planning.plans import Plan
from segkit.definitions.documents import load_text
from segkit.errors import DefinitionError, Held, Moved
from tests.oracle.folders import File, Model, Segment, has_circle, replaced
from tests.oracle.generate import make_app
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import build

FOLDERS_A_WORLD = 25
WORLDS, WORLDS_IN_FULL = 1, 20


class Repository:
    """A model, the workspace that must be like it, and the folder of documents."""

    def __init__(self, seed: int, folder: Path) -> None:
        raw = make_app(seed, users=40, events=500)
        write_workspace(raw, folder / "workspace")
        self.workspace: Workspace = segkit.open(folder / "workspace", actor="tester")
        self.workspace.load()
        self.app: App = self.workspace.app(raw.name)
        self.random = Random(f"folders {seed}")
        self.model = Model(build(raw), raw.as_of, self.random)
        self.folder = folder / "segments"
        self.folder.mkdir()
        self.seen: set[str] = set()

    # --- writing ---

    def write(self) -> None:
        """The folder as the model has it. Files that say the same are not touched."""
        places = {file.place for file in self.model.files}
        for path in [path for path in self.folder.rglob("*") if path.is_file()]:
            if path.relative_to(self.folder).as_posix() not in places:
                path.unlink()
        for file in self.model.files:
            path = self.folder / file.place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text(file), encoding="utf-8")

    def text(self, file: File) -> str:
        segment, random = file.segment, Random(file.segment.key)
        state = self.model.after(delete=False)
        words = {}
        for key, other in state.items():
            by_id = other.id is not None and random.random() < 0.5
            words[key] = str(other.id) if by_id else random.choice((str.upper, str))(other.name)
        content: dict[str, Any] = {"segkit": 1, "name": segment.name, "cycle": segment.cycle}
        if file.says_id:
            content["id"] = segment.id
        if segment.description:
            content["description"] = segment.description
        content["rule"] = replaced(segment.rule, words)
        whole = json.dumps(content, ensure_ascii=False, default=str)
        if file.place.endswith(".json") or random.random() < 0.2:
            return whole
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False, default=str)}" for key, value in content.items()]
        return "# what for\n" + "\n".join(lines[random.random() < 0.3 :]) + "   # the rule\n"

    # --- asking ---

    def plan(self, delete: bool) -> Plan:
        return self.workspace.plan(self.folder, delete=delete)

    def told(self, plan: Plan) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        (app,) = plan.apps
        uids = app.uids()

        def users(movement: Any) -> tuple[frozenset[str], ...]:
            return tuple(frozenset(uids[n] for n in side.user_nos()) for side in (movement.gained, movement.lost))

        changes = [(c.action, c.name, *users(c.movement)) for c in app.changes if c.changes]
        return changes, [(f.name, *users(f.movement)) for f in app.followers]

    def catalog(self) -> dict[str, int]:
        return {s.id: s.version for s in self.workspace.catalog.segments(self.app.name)}

    def check(self, delete: bool) -> None:
        """Plans, applies and plans again; each time against the model."""
        if not delete and self.model.clashing():
            with pytest.raises(DefinitionError, match="has this name, and is not in the folder"):
                self.plan(delete)
            for file in self.model.clashing():
                file.segment.name = self.model.a_name()
            self.write()
        plan = self.plan(delete)
        changes, following = self.model.expected(delete)
        told_changes, told_following = self.told(plan)
        assert sorted(told_changes, key=str) == sorted(changes, key=str)
        assert sorted(told_following, key=str) == sorted(following, key=str)
        self.seen |= {change[0] for change in changes} | ({"followed"} if following else set())
        done = self.workspace.apply(self.folder, delete=delete)
        assert not [row for report in done.reports for row in (*report.failed, *report.held)]
        self.model.apply(delete)
        self._take_over_ids()
        self._compare_with_the_catalog([name for name, *_ in following])
        again = self.plan(delete)
        assert again.is_empty
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        self.workspace.apply(self.folder, delete=delete)
        assert {path: path.read_bytes() for path in before} == before

    def _take_over_ids(self) -> None:
        by_name = {s.name: s.id for s in self.workspace.catalog.segments(self.app.name)}
        for file in self.model.files:
            file.segment.id, file.says_id = by_name[file.segment.name], True
            assert f"{file.segment.id}" in (self.folder / file.place).read_text(encoding="utf-8")
        for segment in self.model.catalog.values():
            assert segment.id in (None, by_name[segment.name])
            segment.id = by_name[segment.name]

    def _compare_with_the_catalog(self, followers: list[str]) -> None:
        infos = {info.name: info for info in self.app.segments() if info.kind == "custom"}
        assert set(infos) == {segment.name for segment in self.model.catalog.values()}
        published = {file.segment.key for file in self.model.files}
        for key, segment in self.model.catalog.items():
            if key in published or segment.name in followers:
                users = self.model.read(key, self.model.catalog, frozenset())
                assert infos[segment.name].count == len(users), segment.name

    # --- what must be refused ---

    def duplicate(self) -> None:
        """A second file of the same name, or the same id, is refused; nothing is changed."""
        file = self.random.choice(self.model.files)
        segment = deepcopy(file.segment)
        same_id = segment.id is not None and self.random.random() < 0.5
        segment.name = "Another" if same_id else segment.name.upper()
        self.refused(File("twice.yaml", same_id, segment), "the same id as in|as well, in whatever spelling")

    def circle(self) -> None:
        """Two segments that read one another are refused, with the path."""
        file = self.random.choice(self.model.files)
        rule = file.segment.rule
        new = Segment("circle", "Circle", {"segment": f"@{file.segment.key}"})
        self.model.files.append(File("circle.yaml", False, new))
        file.segment.rule = {"any": [rule, {"segment": "@circle"}]}
        assert has_circle(self.model.after(delete=False))
        self.write()
        with pytest.raises(DefinitionError, match=r"it would read itself: .*‘Circle’"):
            self.plan(delete=False)
        self.model.files.pop()
        file.segment.rule = rule
        self.write()

    def persona(self) -> None:
        """A persona of the wrong side holds the plan."""
        users = self.model.users(self.model.files[0].segment.rule, self.model.after(delete=False))
        path = self.folder / self.model.files[0].place
        text = path.read_text(encoding="utf-8")
        content: dict[str, Any] = json.loads(json.dumps(load_text(text, "x.yaml"), default=str))
        outside = sorted(self.model.everybody() - users)
        content["personas"] = {"out": sorted(users)[:1], "in": outside[:1]}
        path.write_text(json.dumps(content), encoding="utf-8")
        (app,) = self.plan(delete=False).apps
        assert len(app.broken) == bool(users) + bool(outside)
        with pytest.raises(Held):
            self.workspace.apply(self.folder)
        path.write_text(text, encoding="utf-8")

    def stale(self) -> None:
        """A saved plan is refused once the catalog has moved."""
        new = File("stale.yaml", False, Segment("stale", "Stale", {"not": {"segment": f"@{self._in_catalog()}"}}))
        self.model.files.append(new)
        self.write()
        path = self.folder.parent / "plan.json"
        path.write_text(json.dumps(self.plan(delete=False).to_dict()))
        key = self._in_catalog()
        segment = self.model.catalog[key]
        another: dict[str, Any] = {"label": "country", "op": "not_empty"}
        rule = {"all": []} if "label" in segment.rule else another
        self.somebody_saves(segment, rule)
        with pytest.raises(Moved, match="the world has moved"):
            self.workspace.apply(self.folder, plan=path)
        assert "Stale" not in {s.name for s in self.workspace.catalog.segments(self.app.name)}
        self.model.files.pop()
        self.write()

    def _in_catalog(self) -> str:
        return next(file.segment.key for file in self.model.files if file.segment.key in self.model.catalog)

    def somebody_saves(self, segment: Segment, rule: dict[str, Any]) -> None:
        """Another rule for a segment in the catalog, so that the folder lags behind."""
        document = {
            "id": segment.id,
            "name": segment.name,
            "cycle": segment.cycle,
            "description": segment.description,
            "rule": rule,
        }
        self.app.save(document)
        segment.rule = rule
        if segment.cycle == "once":
            self.model.frozen[segment.key] = self.model.users(rule, self.model.catalog, frozenset({segment.key}))

    def refused(self, file: File, words: str) -> None:
        path = self.folder / file.place
        path.write_text(self.text(file), encoding="utf-8")
        catalog = self.catalog()
        with pytest.raises(DefinitionError, match=words):
            self.workspace.apply(self.folder)
        assert self.catalog() == catalog
        path.unlink()


@pytest.fixture
def repositories(full: bool, tmp_path: Path) -> Any:
    """One repository after the other, each over a world of its own."""

    def each() -> Any:
        for seed in range(WORLDS_IN_FULL if full else WORLDS):
            repository = Repository(seed, tmp_path / str(seed))
            yield repository
            repository.workspace.close()
            shutil.rmtree(tmp_path / str(seed))

    return each()


def test_a_plan_says_what_the_oracle_says_and_once_applied_nothing_is_left_to_do(repositories: Any) -> None:
    probes = ("duplicate", "circle", "persona", "stale")
    seen: set[str] = set()
    for repository in repositories:
        for number in range(FOLDERS_A_WORLD):
            repository.model.edit()
            repository.write()
            repository.check(delete=number % 3 == 2)
            if repository.model.files and number % 4 == 1:
                getattr(repository, probes[number // 4 % len(probes)])()
        seen |= repository.seen
    assert seen == {"created", "changed", "renamed", "deleted", "followed"}
