"""What the data says of a rule's conditions as of a date: true of nobody, of everybody, or without any effect.

What follows from the words alone, or has its cause inside, was said there and is not said again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from segkit.analysis.linting.constants import Text
from segkit.analysis.linting.redundant import says_missing
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.swaying import decided_by, refolded
from segkit.analysis.linting.tree import folded, is_under, kind_of, live_children
from segkit.definitions.conditions import Condition, is_muted
from segkit.engine.bitmap import Bitmap

_MOST = 20  # conditions without effect that are named; a rule with more of them is past single remarks


def of_the_date(
    rule: Condition,
    members: Mapping[str, Bitmap],
    base: Bitmap,
    as_of: date,
    text: Text,
    *,
    constant: Mapping[str, bool],
    implied: set[str],
    known: set[str],
) -> list[Remark]:
    """Remarks on one rule. By its words some conditions are `constant` and some `implied`; other remarks account for
    those that are `known`."""
    if is_muted(rule) or not base.count:
        return []
    settled: dict[str, bool] = {}
    found = _constant(rule, members, base, as_of, text, constant, known, settled)
    return found + _without_effect(rule, members, base, as_of, text, {*settled, *constant}, implied)


def _constant(
    rule: Condition,
    members: Mapping[str, Bitmap],
    base: Bitmap,
    as_of: date,
    text: Text,
    constant: Mapping[str, bool],
    known: set[str],
    settled: dict[str, bool],
) -> list[Remark]:
    found: list[Remark] = []

    def visit(node: Condition, path: str) -> bool | None:
        inside = [visit(child, place) for place, child in live_children(node, path)]
        count = members[path].count
        verdict = False if not count else True if count == base.count else None
        if verdict is None:
            return None
        settled[path] = verdict
        if path not in constant and folded(node, inside) is None and not is_under(path, known):
            found.append(_constant_remark(node, path, verdict, base, as_of, text))
        return verdict

    root = visit(rule, "rule")
    if root is None or len(found) != 1 or found[0].path == "rule":
        return found
    (only,) = found
    so = "So everybody is in." if root else "So nobody is in."
    return [Remark(only.code, only.path, f"{only.words} {so}", only.advice, only.numbers)]


def _constant_remark(node: Condition, path: str, verdict: bool, base: Bitmap, as_of: date, text: Text) -> Remark:
    numbers = {"users": base.count if verdict else 0, "base": base.count}
    if verdict:
        words = f"All {base.count:,} users fulfil {text(node)} as of {as_of}."
        return Remark("everybody", path, words, "See whether it says what is meant; if so, it does nothing.", numbers)
    words = f"None of {base.count:,} users fulfils {text(node)} as of {as_of}."
    advice = "See whether it says what is meant; `segkit estimate` counts each condition."
    return Remark("nobody", path, words, advice, numbers)


def _without_effect(
    rule: Condition,
    members: Mapping[str, Bitmap],
    base: Bitmap,
    as_of: date,
    text: Text,
    quiet: set[str],
    implied: set[str],
) -> list[Remark]:
    """One after the other, so that of two that say the same the later is named, and only that one."""
    found: list[Remark] = []
    left_out = set(implied)
    while len(found) < _MOST:
        now = refolded(rule, members, base, left_out)
        about = decided_by(rule, now, base)
        places = _in_groups(rule, "rule", quiet, left_out)
        idle = [placed for placed in places if not _matters(placed, now, about, base)]
        if not idle:
            break
        # Whole groups before what is in them; of those that are equal the last.
        place, node, _ = min(reversed(idle), key=lambda placed: placed[0].count("."))
        left_out.add(place)
        words = f"The same {now['rule'].count:,} users are in without {text(node)} as of {as_of}."
        advice = "Take it out, or mute it; keep it if the data will change."
        found.append(Remark("changes-nothing", place, words, advice, {"users": now["rule"].count}))
    return found


_InGroup = tuple[str, Condition, str]


def _in_groups(node: Condition, path: str, quiet: set[str], left_out: set[str]) -> list[_InGroup]:
    """Conditions that stand in an `all` or `any`, with which of the two, where nothing else was said of them."""
    found: list[_InGroup] = []
    if path in quiet or path in left_out:
        return found
    kind = kind_of(node)
    remaining = [child for child in live_children(node, path) if child[0] not in left_out]
    for place, child in remaining:
        is_meant = kind == "any" and says_missing(child)
        if kind != "not" and len(remaining) > 1 and not is_meant and place not in quiet:
            found.append((place, child, kind))
        found += _in_groups(child, place, quiet, left_out)
    return found


def _matters(placed: _InGroup, now: Mapping[str, Bitmap], about: Mapping[str, Bitmap], base: Bitmap) -> bool:
    place, _, kind = placed
    turned = base - now[place] if kind == "all" else now[place]
    return bool((about[place] & turned).count)
