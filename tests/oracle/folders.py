"""A folder of documents and a catalog as plain data, edited at random; what a plan must say of them, by sets of users.

Imports nothing of segkit. A segment is known by a key that nobody else sees; rules refer to `@key`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from .measuring import Rule, is_muted
from .oracle import base, members
from .pools import Pools, pools
from .rules import RuleMaker
from .world import World

Users = frozenset[str]


@dataclass
class Segment:
    """One segment; `id` is None until the catalog has given it one."""

    key: str
    name: str
    rule: Rule
    cycle: str = "daily"
    description: str = ""
    id: str | None = None

    @property
    def content(self) -> tuple[Any, ...]:
        return (self.name, json.dumps(self.rule, sort_keys=True, default=str), self.cycle, self.description)


State = dict[str, Segment]


@dataclass
class File:
    """A document in the folder: where it lies, whether it says its id, and what it says."""

    place: str
    says_id: bool
    segment: Segment


def references(rule: Rule) -> Iterator[str]:
    """The keys that a rule refers to."""
    if "segment" in rule:
        yield rule["segment"].removeprefix("@")
    for child in [*rule.get("all", []), *rule.get("any", []), *([rule["not"]] if "not" in rule else [])]:
        yield from references(child)


def replaced(rule: Rule, names: dict[str, str]) -> Rule:
    """The rule with other words for what it refers to."""
    found = dict(rule)
    if "segment" in rule:
        found["segment"] = names[rule["segment"].removeprefix("@")]
    for key in ("all", "any"):
        if key in rule:
            found[key] = [replaced(child, names) for child in rule[key]]
    if "not" in rule:
        found["not"] = replaced(rule["not"], names)
    return found


def has_circle(state: State) -> bool:
    """Whether some segment reads itself, by a search of its own."""
    done: set[str] = set()

    def leads_back(key: str, above: tuple[str, ...]) -> bool:
        if key in above:
            return True
        if key in done or key not in state:
            return False
        found = any(leads_back(ref, (*above, key)) for ref in references(state[key].rule))
        done.add(key)
        return found

    return any(leads_back(key, ()) for key in state)


@dataclass
class Model:
    """What the catalog has, what the folder says, and whom segments with cycle once were published with."""

    world: World
    as_of: date
    random: Random
    catalog: State = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    frozen: dict[str, Users] = field(default_factory=dict)
    serial: int = 0
    _leaves: dict[str, Users] = field(default_factory=dict)
    _pools: Pools | None = None

    # --- who is in ---

    def users(self, rule: Rule, state: State, fresh: frozenset[str] = frozenset()) -> Users:
        """Who a rule picks; a segment with cycle once is whom it was published with, unless it is `fresh`."""
        everybody = self._leaf({"all": []})
        if is_muted(rule):
            return everybody
        if "not" in rule:
            return everybody - self.users(rule["not"], state, fresh)
        if "all" in rule or "any" in rule:
            inside: list[Rule] = rule["all"] if "all" in rule else rule["any"]
            parts = [self.users(child, state, fresh) for child in inside if not is_muted(child)]
            return everybody.intersection(*parts) if "all" in rule else frozenset().union(*parts)
        return self.read(rule["segment"][1:], state, fresh) if "segment" in rule else self._leaf(rule)

    def read(self, key: str, state: State, fresh: frozenset[str]) -> Users:
        """Who another rule finds in a segment."""
        segment = state[key]
        if segment.cycle == "once" and key not in fresh:
            return self.frozen[key]
        return self.users(segment.rule, state, fresh)

    def _leaf(self, rule: Rule) -> Users:
        text = json.dumps(rule, sort_keys=True, default=str)
        if text not in self._leaves:
            self._leaves[text] = frozenset(members(rule, self.world, self.as_of, {}))
        return self._leaves[text]

    # --- what a plan must say ---

    def wanted(self) -> State:
        """What the folder says, by key."""
        return {file.segment.key: file.segment for file in self.files}

    def after(self, delete: bool) -> State:
        """The catalog when the folder is applied."""
        kept = {} if delete else self.catalog
        return {**kept, **self.wanted()}

    def expected(self, delete: bool) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The plan: (action, name, gained, lost) of what changes, and (name, gained, lost) of what follows."""
        after = self.after(delete)
        saved = frozenset(k for k, s in self.wanted().items() if k not in self.catalog or self._differs(s))
        changes: list[tuple[Any, ...]] = []
        for key in saved:
            now = self.users(after[key].rule, after, saved)
            if key not in self.catalog:
                changes.append(("created", after[key].name, now, frozenset()))
                continue
            was = self.users(self.catalog[key].rule, self.catalog)
            action = "changed" if self.catalog[key].name == after[key].name else "renamed"
            changes.append((action, after[key].name, now - was, was - now))
        for key in self.catalog.keys() - after.keys():
            was = self.users(self.catalog[key].rule, self.catalog)
            changes.append(("deleted", self.catalog[key].name, frozenset(), was))
        following: list[tuple[Any, ...]] = []
        for key in after.keys() - saved:
            was, now = self.users(after[key].rule, self.catalog), self.users(after[key].rule, after, saved)
            if after[key].cycle == "daily" and was != now:
                following.append((after[key].name, now - was, was - now))
        return changes, following

    def _differs(self, segment: Segment) -> bool:
        return segment.content != self.catalog[segment.key].content

    def apply(self, delete: bool) -> None:
        """What applying comes to: the catalog is as the folder says, and whom `once` is published with is settled."""
        after = self.after(delete)
        saved = frozenset(k for k, s in self.wanted().items() if k not in self.catalog or self._differs(s))
        for key in saved:
            if after[key].cycle == "once":
                self.frozen[key] = self.users(after[key].rule, after, saved)
        self.catalog = deepcopy(after)

    def clashing(self) -> list[File]:
        """Files whose names segments have that are not in the folder, and would stay."""
        left = {s.name for key, s in self.catalog.items() if key not in self.wanted()}
        return [file for file in self.files if file.segment.name in left]

    # --- editing at random ---

    def edit(self) -> None:
        """One to four edits of the folder."""
        for _ in range(self.random.randint(1, 4)):
            kinds = [self._remove] * 3 if len(self.files) >= 6 else [self._create] * 2
            kinds += [self._move]
            kinds += [self._change, self._change, self._describe, self._swap, self._rename, self._recycle]
            self.random.choice(kinds)()

    def _create(self) -> None:
        self.serial += 1
        key, random = f"k{self.serial}", self.random
        segment = Segment(key, self.a_name(), self.a_rule(key), random.choice(("daily", "daily", "daily", "once")))
        if random.random() < 0.2:
            segment.id = f"sg_own{self.serial}"
        folder = random.choice(("", "", "deep/", "deep/er/"))
        ending = random.choice((".yaml", ".yml", ".json"))
        self.files.append(File(f"{folder}{self.serial}{ending}", segment.id is not None, segment))

    def a_name(self) -> str:
        """A name that nobody has yet; all are told apart by a number."""
        words = [
            "Quiet users",
            "VIP 100%",
            "O'Brien's \"list\"",
            "Café ☕",
            "a/b\\c",
            "NULL",
            "über-Fans",
            "# one",
            "- x: y",
        ]
        self.serial += 1
        return f"{self.random.choice(words)} {self.serial}"

    def a_rule(self, key: str) -> Rule:
        """A rule that may refer to whatever does not read it."""
        state = {**self.catalog, **self.wanted()}
        usable = [other for other in state if other != key and key not in self._all_below(other, state)]
        kept = self.wanted().keys()  # what may be deleted is not referred to
        names = [f"@{other}" for other in usable if other in kept]
        self._pools = self._pools or pools(self.world, self.as_of)
        maker = RuleMaker(self.random, self._pools, names)
        rule = maker.rule(depth=2)
        if names and self.random.random() < 0.4:
            rule = {self.random.choice(("all", "any")): [rule, {"segment": self.random.choice(names)}]}
        return rule

    def _all_below(self, key: str, state: State) -> set[str]:
        found: set[str] = set()
        waiting = [key]
        while waiting:
            for ref in references(state[waiting.pop()].rule):
                if ref not in found:
                    found.add(ref)
                    waiting.append(ref)
        return found

    def _some_file(self) -> File | None:
        return self.random.choice(self.files) if self.files else None

    def _change(self) -> None:
        if file := self._some_file():
            file.segment.rule = self.a_rule(file.segment.key)

    def _describe(self) -> None:
        if file := self._some_file():
            file.segment.description = self.random.choice(("", "What for: 100 %", "über"))

    def _recycle(self) -> None:
        if file := self._some_file():
            file.segment.cycle = "once" if file.segment.cycle == "daily" else "daily"

    def _rename(self) -> None:
        if file := self._some_file():
            file.segment.name = self.a_name()
            file.says_id = file.segment.id is not None  # without it nobody could tell

    def _swap(self) -> None:
        if len(self.files) >= 2:
            one, other = self.random.sample(self.files, 2)
            if one.says_id and other.says_id:
                one.segment.name, other.segment.name = other.segment.name, one.segment.name

    def _move(self) -> None:
        if file := self._some_file():
            self.serial += 1
            file.place = f"moved/{self.serial}.{file.place.rpartition('.')[2]}"

    def _remove(self) -> None:
        if file := self._some_file():
            used = {ref for other in self.files for ref in references(other.segment.rule)}
            left = {ref for k, s in self.catalog.items() if k != file.segment.key for ref in references(s.rule)}
            if file.segment.key not in used | left:
                self.files.remove(file)

    def everybody(self) -> set[str]:
        """The app's users."""
        return base(self.world, self.as_of)
