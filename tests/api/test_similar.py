"""Similar segments: counts equal a brute force over uids; the same rule is found however it is written."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from segkit.analysis.similar import Pair, similar_pairs
from segkit.engine.bitmap import Bitmap
from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace


def brute_force(sets: dict[str, set[int]], at_least: float, asked: str | None) -> set[tuple[str, str, int, int, int]]:
    """Both, only one, only the other, of every pair that is alike enough; by the definition."""
    found = set()
    for one, other in itertools.permutations(sets, 2):
        if (one > other and asked is None) or asked not in (None, one):
            continue
        either, both = sets[one] | sets[other], sets[one] & sets[other]
        if either and len(both) / len(either) >= at_least:
            found.add((one, other, len(both), len(sets[one] - sets[other]), len(sets[other] - sets[one])))
    return found


@pytest.mark.parametrize("at_least", [0.2, 0.5, 0.9, 1.0])
def test_pairs_are_those_of_a_brute_force(at_least: float) -> None:
    random = Random("similar")
    checked = 0
    for _ in range(60):
        first = set(random.sample(range(40), random.randrange(30)))
        sets = {f"s{n}": first ^ set(random.sample(range(40), random.choice((0, 1, 3, 15)))) for n in range(6)}
        sets |= {"nobody": set(), "nobody either": set()}
        bitmaps = {name: Bitmap.from_user_nos(40, users) for name, users in sets.items()}
        for asked in (None, "s0"):
            pairs = similar_pairs(bitmaps, set(), at_least, asked)
            found = {(p.one, p.other, p.both, p.only_one, p.only_other) for p in pairs}
            assert found == brute_force(sets, at_least, asked)
            assert len(found) == len(pairs)
            assert [p.likeness for p in pairs] == sorted((p.likeness for p in pairs), reverse=True)
            checked += len(pairs)
    assert checked > 50


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert str(Pair("A", "B", 9_999, 1, 0, False)).startswith("‘A’ and ‘B’ share 99.9 % of their users: 9,999 in both")


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    """Ten Germans, nine of them with consent; an Austrian with it."""
    for number in range(10):
        small.user(f"u{number}", country="DE", marketing_consent=number > 0, score=1.0)
    small.user("ana", country="AT", marketing_consent=True)
    german = {"label": "country", "op": "eq", "value": "DE"}
    consents = {"label": "marketing_consent", "op": "eq", "value": True}
    rules = {
        "Germans": german,
        "Germans again": {"not": {"not": {"label": "country", "op": "in", "value": ["DE"]}}},
        "Consents": consents,
        "Germans who consent": {"all": [{"segment": "Germans"}, {"segment": "Consents"}]},
        "Reachable Germans": {"all": [consents, {"any": [german]}]},
        "Nobody": {"any": []},
    }
    for name, rule in rules.items():
        small.app.save({"name": name, "rule": rule})
    return small


def test_all_pairs_of_an_app(shop: SmallWorkspace) -> None:
    found = shop.app.similar(at_least=0.85)
    accepted = "All users who have accepted marketing"
    assert found.pairs[0] == Pair(accepted, "Consents", 10, 0, 0, True)
    others = [p for p in found.pairs if accepted not in (p.one, p.other)]
    assert [(p.one, p.other, p.both, p.only_one, p.only_other, p.same_rule) for p in others] == [
        ("Germans", "Germans again", 10, 0, 0, True),
        ("Germans who consent", "Reachable Germans", 9, 0, 0, True),
        ("Consents", "Germans who consent", 9, 1, 0, False),
        ("Consents", "Reachable Germans", 9, 1, 0, False),
        ("Germans", "Germans who consent", 9, 1, 0, False),
        ("Germans", "Reachable Germans", 9, 1, 0, False),
        ("Germans again", "Germans who consent", 9, 1, 0, False),
        ("Germans again", "Reachable Germans", 9, 1, 0, False),
    ]
    assert found.words.splitlines()[0].startswith("11 pairs of ")
    assert found.words.splitlines()[2:4] == [        "‘Germans’ and ‘Germans again’ have the same rule: "
        "10 in both, 0 only in the first, 0 only in the second.",
        "‘Germans who consent’ and ‘Reachable Germans’ have the same rule: "
        "9 in both, 0 only in the first, 0 only in the second.",
    ]  # fmt: skip


def test_beside_one_segment_or_a_rule_that_is_not_saved(shop: SmallWorkspace) -> None:
    found = shop.app.similar("germans", at_least=0.95)
    assert [(p.one, p.other) for p in found.pairs] == [("Germans", "Germans again")]
    written = shop.app.similar({"label": "country", "op": "ne", "value": "AT"}, at_least=0.95)
    assert [(p.one, p.other, p.same_rule) for p in written.pairs] == [
        ("this rule", "Germans", False),
        ("this rule", "Germans again", False),
    ]
    assert written.data["likeness"].tolist() == [1.0, 1.0]


def test_what_is_published_and_what_is_evaluated_are_compared_alike(shop: SmallWorkspace) -> None:
    before = shop.app.similar(at_least=0.5).to_dict()
    shop.app.refresh()
    assert shop.app.similar(at_least=0.5).to_dict() == before


def test_a_likeness_that_is_none_is_refused(shop: SmallWorkspace) -> None:
    with pytest.raises(SegkitError, match="found a likeness of 90; expected more than 0 and at most 1"):
        shop.app.similar(at_least=90)


def test_on_the_command_line_a_file_is_compared(
    shop: SmallWorkspace, tmp_path: Path, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    rule = {"label": "country", "op": "eq", "value": "DE"}
    document = {"segkit": 1, "app": "shop", "name": "Mine", "rule": rule}
    (tmp_path / "mine.json").write_text(json.dumps(document))
    done = run_segkit("similar", tmp_path / "mine.json", "-w", shop.folder, "--json")
    pairs = json.loads(done.stdout)["pairs"]
    assert [(pair["one"], pair["other"], pair["same_rule"]) for pair in pairs][:2] == [
        ("Mine", "Germans", True),
        ("Mine", "Germans again", True),
    ]
