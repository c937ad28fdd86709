"""A control group and variants by hash: the same user falls on the same side in every export with the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from segkit.definitions.conditions import Sample
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator


@dataclass(frozen=True, slots=True)
class Draw:
    """Who is written, by variant (one without a name where there are none), and the shares as they came out."""

    variants: dict[str, Bitmap]
    control: int
    told: dict[str, Any]


def draw(
    evaluator: DuckEvaluator, members: Bitmap, as_of: date, *, holdout: float, seed: str, variants: Mapping[str, float]
) -> Draw:
    """Draws from `members`. The control group is what the rule `{sample: holdout, seed: seed}` picks of them.

    Variants are drawn with a seed of their own, so that they are not a part of the control group's order.
    """
    if not holdout and not variants:
        return Draw({"": members}, 0, {})
    bounds, total = [], 0.0
    for share in variants.values():
        total = round(total + share, 2)
        bounds.append(Sample(sample=min(total, 100), seed=f"{seed}/variants"))
    rules = [Sample(sample=holdout, seed=seed), *bounds]
    control, *below = [found.members for found in evaluator.evaluate(rules, as_of)]
    kept_back, rest = members & control, members - control
    found: dict[str, Bitmap] = {}
    taken = Bitmap.none(members.size)
    for name, bound in zip(variants, below, strict=True):
        found[name] = (rest & bound) - taken
        taken = taken | bound
    told: dict[str, Any] = {}
    if holdout:
        told["control_group"] = {"percent": holdout, "seed": seed, **_share(kept_back.count, members.count)}
    if variants:
        told["variants"] = {
            name: {"percent": variants[name], **_share(bitmap.count, rest.count)} for name, bitmap in found.items()
        }
    return Draw(found or {"": rest}, kept_back.count, told)


def _share(users: int, of: int) -> dict[str, Any]:
    return {"users": users, "of": of, "share": round(100 * users / of, 2) if of else 0.0}
