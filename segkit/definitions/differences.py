"""What differs between two documents, or two rules, in English: one sentence for each thing, with its place.

Of personas only how many there are is told: they are users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segkit.definitions.conditions import Condition
from segkit.definitions.documents import Document, Personas
from segkit.definitions.rule_differences import RuleWords
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.wording.filling import SegmentName

#: `changed` also says that something is written otherwise and means the same; its words say so.
Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `place` is a document's key, or a place in the rule: of what is gone, in the old one."""

    place: str
    kind: Kind
    words: str  # a sentence

    def __str__(self) -> str:
        is_in_rule = self.place.startswith("rule.")
        return f"{self.words.removesuffix('.')} ({self.place})." if is_in_rule else self.words


def document_differences(
    old: Document,
    new: Document,
    vocabulary: Vocabulary | None = None,
    segment_name: SegmentName | None = None,
) -> tuple[Difference, ...]:
    """What an edit from `old` to `new` did; empty where they say the same.

    An id or an app that only one of them has is no difference: a file may leave them out. `segment_name` gives the
    names of segments that rules refer to by id.
    """
    return (
        *_identity(old, new),
        *_texts(old, new),
        *_tags(old.tags, new.tags),
        *_personas(old.personas or Personas(), new.personas or Personas()),
        *rule_differences(old.rule, new.rule, vocabulary, segment_name),
    )


def rule_differences(
    old: Condition,
    new: Condition,
    vocabulary: Vocabulary | None = None,
    segment_name: SegmentName | None = None,
) -> tuple[Difference, ...]:
    """The conditions that were added, removed, changed or moved; empty where both rules are written the same."""
    return tuple(Difference(*found) for found in RuleWords(vocabulary, segment_name).differences(old, new))


def _identity(old: Document, new: Document) -> list[Difference]:
    found = []
    for key, called in (("id", "id"), ("app", "app")):
        one, other = getattr(old, key), getattr(new, key)
        if one is not None and other is not None and one != other:
            found.append(Difference(key, "changed", f"Changed the {called} from {one} to {other}."))
    return found


def _texts(old: Document, new: Document) -> list[Difference]:
    found = []
    if old.name != new.name:
        found.append(Difference("name", "changed", f"Renamed from ‘{old.name}’ to ‘{new.name}’."))
    found += _text("description", "the description", old.description, new.description)
    if old.cycle != new.cycle:
        found.append(Difference("cycle", "changed", f"Changed the cycle from {old.cycle} to {new.cycle}."))
    found += _text("folder", "the folder", old.folder or "", new.folder or "")
    found += _text("owner", "the owner", old.owner or "", new.owner or "")
    return found


def _text(place: str, called: str, old: str, new: str) -> list[Difference]:
    if old == new:
        return []
    if not old:
        return [Difference(place, "added", f"Added {called} “{new}”.")]
    if not new:
        return [Difference(place, "removed", f"Removed {called} “{old}”.")]
    return [Difference(place, "changed", f"Changed {called} from “{old}” to “{new}”.")]


def _tags(old: tuple[str, ...], new: tuple[str, ...]) -> list[Difference]:
    added = [tag for tag in new if tag not in old]
    removed = [tag for tag in old if tag not in new]
    found: list[Difference] = []
    if added:
        found.append(Difference("tags", "added", f"Added {_listed(added)}."))
    if removed:
        found.append(Difference("tags", "removed", f"Removed {_listed(removed)}."))
    if not found and old != new:
        found.append(Difference("tags", "moved", "Changed the order of the tags."))
    return found


def _listed(tags: list[str]) -> str:
    each = [f"“{tag}”" for tag in dict.fromkeys(tags)]
    return f"the tag{'s' if len(each) > 1 else ''} {', '.join(each)}"


def _personas(old: Personas, new: Personas) -> list[Difference]:
    found: list[Difference] = []
    for side, one, other in (("in", old.in_, new.in_), ("out", old.out, new.out)):
        added, removed = len(set(other) - set(one)), len(set(one) - set(other))
        if added:
            found.append(Difference("personas", "added", f"Added {_users(added)} that must be {side}."))
        if removed:
            found.append(Difference("personas", "removed", f"Removed {_users(removed)} that must be {side}."))
        if one != other and not added and not removed:
            found.append(Difference("personas", "moved", f"Changed the order of the users that must be {side}."))
    return found


def _users(count: int) -> str:
    return "1 user" if count == 1 else f"{count:,} users"
