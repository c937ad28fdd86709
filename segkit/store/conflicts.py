"""A save that came too late: what others saved since the version it was based on, what it wanted, and how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from segkit.definitions.differences import Difference, document_differences
from segkit.definitions.documents import Document
from segkit.definitions.merging import merged
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.wording.filling import SegmentName
from segkit.store.records import Version

#: So many changes of a side are shown; `segkit history` shows all.
_MOST_SHOWN = 12


@dataclass(frozen=True)
class Conflict:
    """Both sides of a stale save: `saved` are the versions since `base`, the current one last; `yours` was refused."""

    name: str
    base: Version | None
    saved: tuple[Version, ...]
    yours: Document

    @property
    def theirs(self) -> Document:
        """The document as it is now."""
        return self.saved[-1].document

    @property
    def version(self) -> int:
        """The current version, on which the next save is based."""
        return self.saved[-1].number

    @cached_property
    def merged(self) -> Document | None:
        """Both sides together where they do not touch, to be saved based on `version`; else none."""
        return None if self.base is None else merged(self.base.document, self.theirs, self.yours)

    def changes(
        self, vocabulary: Vocabulary | None = None, segment_name: SegmentName | None = None
    ) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
        """What the others changed, and what you wanted; without a base, what would differ from theirs."""
        if self.base is None:
            return (), document_differences(self.theirs, self.yours, vocabulary, segment_name)
        base = self.base.document
        wanted = document_differences(base, self.yours, vocabulary, segment_name)
        return document_differences(base, self.theirs, vocabulary, segment_name), wanted

    def words(self, vocabulary: Vocabulary | None = None, segment_name: SegmentName | None = None) -> str:
        """Why it was refused, both sides in words, and how to go on."""
        last = self.saved[-1]
        found = "no version" if self.base is None else f"version {self.base.number}"
        lines = [
            f"Not saved: your save is based on {found} of ‘{self.name}’; version {last.number} was saved at "
            f"{last.at:%Y-%m-%d %H:%M} UTC by {last.actor}."
        ]
        theirs, yours = self.changes(vocabulary, segment_name)
        if self.base is not None:
            by = ", ".join(dict.fromkeys(version.actor for version in self.saved))
            lines += _told(f"Since version {self.base.number}, {by} changed:", theirs)
            lines += _told("You wanted:", yours)
        else:
            lines += _told(f"Yours would change in version {last.number}:", yours)
        return "\n  ".join([*lines, self._how_to_go_on()])

    def _how_to_go_on(self) -> str:
        if self.merged is not None and self.base is not None:
            return (
                f"The two do not touch. `segkit save FILE --based-on {self.base.number} --merge` saves both together; "
                f"in Python, save `error.conflict.merged` with based_on={self.version}."
            )
        again = "" if self.base is None else " Both changed the same thing."
        return f"Open version {self.version}, make your change again, and save it based on {self.version}.{again}"


def _told(heading: str, differences: Sequence[Difference]) -> list[str]:
    shown = [f"  {difference}" for difference in differences[:_MOST_SHOWN]] or ["  nothing."]
    left = len(differences) - _MOST_SHOWN
    return [heading, *shown, *([f"  … and {left:,} more."] if left > 0 else [])]
