"""The vocabulary against what was loaded: declared and never there, there and not declared, without names, personal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from segkit.data.examining.finding import Examined, Finding
from segkit.data.examining.personal import personal_kinds
from segkit.data.watching.foreseeing import sources_of
from segkit.data.watching.looks import UseLook, fingerprint
from segkit.data.watching.uses import Use, source_key

_SHOWN = 10


def examine_vocabulary(of: Examined) -> Iterator[Finding]:
    """What rules would stumble over."""
    if of.manifest is None:
        return
    looks = list(_looks(of))
    yield from _never_present(looks)
    yield from _without_names(looks)
    yield from _events(of)
    for subject, kind in personal_kinds(of):
        yield Finding(
            "warning", f"{of.name}, {subject}", f"it looks like personal data ({kind}) and is not flagged",
            "what is not flagged is shown and exported in full",
            f"set `personal: {kind}` in the vocabulary, or rename it",
        )  # fmt: skip


def _looks(of: Examined) -> Iterator[tuple[Use, UseLook]]:
    """How each label and parameter was found in each source that has its column."""
    assert of.manifest is not None
    for role, source, uses in sources_of(of.app, of.links, of.vocabulary):
        look = of.manifest.looks.get(source_key(role, source))
        for use in uses:
            if look is not None and use.key in look.uses and use.name.startswith(("l_", "p_")):
                yield use, look.uses[use.key]


def _never_present(looks: list[tuple[Use, UseLook]]) -> Iterator[Finding]:
    rows: Counter[str] = Counter()
    present: Counter[str] = Counter()
    for use, look in looks:
        rows[use.subject] += look.rows
        present[use.subject] += look.present
    for subject, number in rows.items():
        if number and not present[subject]:
            yield Finding(
                "warning", subject, f"none of {number:,} rows that were loaded has a value that can be read",
                "it is a missing value of everybody, so rules about it pick nobody, or everybody",
                "see its column and its type in the vocabulary, or take it out there",
            )  # fmt: skip


def _without_names(looks: list[tuple[Use, UseLook]]) -> Iterator[Finding]:
    for use, look in looks:
        named = {fingerprint(value) for value in use.named}
        others = [] if look.others is None else [other for other in look.others if other not in named]
        if use.named and (others or look.others is None):
            number = f"{len(others):,}" if others else "more than 1,000"
            yield Finding(
                "note", use.subject, f"{number} of its values have no name, while others have",
                "people see the bare value where they look for a name", "name them under `values` in the vocabulary",
            )  # fmt: skip


def _events(of: Examined) -> Iterator[Finding]:
    assert of.manifest is not None
    seen: Counter[str] = Counter()
    for look in of.manifest.looks.values():
        seen.update(look.events)
    if not seen:
        return
    declared = {event.name_in_source: event for event in of.vocabulary.events}
    for name, event in declared.items():
        if name not in seen:
            yield Finding(
                "warning", f"{of.name}, event '{event.code}'", "it is declared, and none was ever loaded",
                "rules about it pick nobody, or everybody",
                "see its `source_name` in events.yaml, or take it out there",
            )  # fmt: skip
    other = [(name, number) for name, number in seen.most_common() if name not in declared]
    if other:
        shown = ", ".join(f"'{name}' ({number:,})" for name, number in other[:_SHOWN])
        more = f" and {len(other) - _SHOWN:,} more" if other[_SHOWN:] else ""
        yield Finding(
            "note", f"{of.name}, events", f"events of names that are not declared: {shown}{more}",
            "their rows are left out, and no rule can speak of them",
            f"declare them in events.yaml, then {of.command('load', '--rebuild')}; or leave them out",
        )  # fmt: skip
