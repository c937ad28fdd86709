"""Two edits of one document put together, where they do not touch; where they do, nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence

from segkit.definitions.conditions import All, Any_, Condition, Not
from segkit.definitions.documents import Document
from segkit.definitions.pairing import Placed, pairs

_KEYS = ("name", "description", "cycle", "folder", "owner", "personas")


def merged(base: Document, theirs: Document, yours: Document) -> Document | None:
    """`theirs` with what `yours` changed since `base`; None where both changed the same thing differently."""
    found: dict[str, object] = {}
    for key in _KEYS:
        chosen = _chosen(getattr(base, key), getattr(theirs, key), getattr(yours, key))
        if chosen is None:
            return None
        found[key] = chosen[0]
    found["tags"] = _merged_tags(base.tags, theirs.tags, yours.tags)
    rule = merged_rule(base.rule, theirs.rule, yours.rule)
    return None if rule is None else theirs.model_copy(update={**found, "rule": rule})


def _chosen(base: object, theirs: object, yours: object) -> tuple[object] | None:
    """The one that changed, in a tuple since it may be nothing; None if both did and differ."""
    if theirs == yours or yours == base:
        return (theirs,)
    return (yours,) if theirs == base else None


def _merged_tags(base: Sequence[str], theirs: Sequence[str], yours: Sequence[str]) -> tuple[str, ...]:
    """Tags come and go one by one, so two edits of them always fit together."""
    gone = set(base) - set(yours)
    return tuple(dict.fromkeys([*(tag for tag in theirs if tag not in gone), *(t for t in yours if t not in base)]))


def merged_rule(base: Condition, theirs: Condition, yours: Condition) -> Condition | None:
    """Both edits of a rule: conditions that one side added, removed or changed, in groups that both kept."""
    one, other, origin = (Placed(rule, "rule").text for rule in (theirs, yours, base))
    if one == other or other == origin:
        return theirs
    if one == origin:
        return yours
    if isinstance(base, Not) and isinstance(theirs, Not) and isinstance(yours, Not):
        inside = merged_rule(base.not_, theirs.not_, yours.not_)
        mute = _chosen(base.mute, theirs.mute, yours.mute)
        return None if inside is None or mute is None else Not.model_validate({"not_": inside, "mute": mute[0]})
    if isinstance(base, All | Any_) and type(base) is type(theirs) is type(yours):
        return _merged_group(base, theirs, yours)
    return None


def _merged_group(base: Condition, theirs: Condition, yours: Condition) -> Condition | None:
    mute = _chosen(base.mute, theirs.mute, yours.mute)
    in_theirs, added_by_them = _partners(base, theirs)
    in_yours, added_by_you = _partners(base, yours)
    children: list[Condition] = []
    for number, child in enumerate(base.children()):
        kept = _merged_child(child, in_theirs.get(number), in_yours.get(number))
        if kept is None:
            return None
        children += kept
    written = {Placed(child, "").text for child in added_by_them}
    children += added_by_them + [child for child in added_by_you if Placed(child, "").text not in written]
    if not children and theirs.children() and yours.children():
        return None  # each left something; with nothing left the group would hold for everybody, or nobody
    key = type(base).key_order[0]
    return None if mute is None else theirs.model_copy(update={key: tuple(children), "mute": mute[0]})


def _partners(base: Condition, edited: Condition) -> tuple[dict[int, Condition], list[Condition]]:
    """What became of the children of `base`, by their number, and what is new."""
    old = [Placed(child, str(number)) for number, child in enumerate(base.children())]
    new = [Placed(child, "") for child in edited.children()]
    found = pairs(old, new)
    became = {int(one.place): other.node for one, other in found if one is not None and other is not None}
    return became, [other.node for one, other in found if one is None and other is not None]


def _merged_child(base: Condition, theirs: Condition | None, yours: Condition | None) -> list[Condition] | None:
    """The child, or none if a side removed it; None if one side removed what the other changed."""
    if theirs is None or yours is None:
        left = yours if theirs is None else theirs
        is_as_it_was = left is None or Placed(left, "").text == Placed(base, "").text
        return [] if is_as_it_was else None
    both = merged_rule(base, theirs, yours)
    return None if both is None else [both]
