"""When a file is another than what was accepted: rules over looks and measures. Values are judged by how many there
are, so that a single odd one is told in the report, as it always was, and holds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log

from segkit.data.columns import scale_of
from segkit.data.watching.drift import Drift
from segkit.data.watching.forms import form_of_type, in_words, is_another, scale_of_type
from segkit.data.watching.looks import SourceLook, UseLook, bounded
from segkit.data.watching.measures import Measure
from segkit.data.watching.uses import Use

#: What is wrong with a share of a file's values holds the load above this share, and above twice what was accepted …
SHARE = 0.01
#: … if it is so many values at least, or half of them.
AT_LEAST = 5
#: Keys that stand there again hold it above this share: whoever delivers at least once repeats some; no key, most.
REPEATED = 0.2
#: An empty column holds the load if chance would bring it about less often than this.
CHANCE = 1e-6


def judge_columns(file: str, types: Mapping[str, str], uses: tuple[Use, ...], look: SourceLook) -> Iterator[Drift]:
    """Columns that are gone, or of another class of type, or have more decimals than are declared."""
    for use in uses:
        known = look.columns.get(use.column)
        if known is None:
            continue
        if use.column not in types:
            if use.is_required or not known.is_optional:
                yield _gone(file, use, known.forms)
            continue
        form, scale = form_of_type(types[use.column]), scale_of_type(types[use.column])
        if is_another(form, known.forms):
            yield _of_another_form(file, use, known.forms, form)
        elif use.kind.startswith("decimal") and scale > max(scale_of(use.kind), known.scale):
            yield Drift(
                file, use.column, use.subject, "digits",
                f"the vocabulary declares {scale_of(use.kind)}, and no more were accepted so far",
                f"its type has {scale} decimal places",
                "Declare the `scale` that it has now, or have it written as before",
            )  # fmt: skip


def _gone(file: str, use: Use, forms: tuple[str, ...]) -> Drift:
    advice = "Put it back, or take what is read from it out of the vocabulary"
    if use.is_required:
        advice = "Put it back, or name in segkit.toml the column that it is now; no row can be read without it"
    was = f"it held {in_words(forms)} so far"
    return Drift(file, use.column, use.subject, "gone", was, "gone", advice, can_be_accepted=not use.is_required)


def _of_another_form(file: str, use: Use, forms: tuple[str, ...], form: str) -> Drift:
    advice = "Have it written as before, or declare what it is now"
    if use.kind == "uid":
        advice = "Users and events must be called the same in all sources; see that this is the right column"
    elif use.kind == "instant" and form in ("naive", "text:naive"):
        advice = "Such times are read in the `zone` of their source; see that it is the right one"
    return Drift(file, use.column, use.subject, "form", f"it held {in_words(forms)} so far",
                 f"holds {in_words([form])}", advice)  # fmt: skip


def judge_form(file: str, form: str, use: Use, look: SourceLook) -> Iterator[Drift]:
    """Texts that are written in another way, in a column that is of the same class of type."""
    known = look.columns.get(use.column)
    if known is not None and is_another(form, known.forms):
        yield _of_another_form(file, use, known.forms, form)


def judge_values(file: str, use: Use, found: Measure, look: UseLook) -> Iterator[Drift]:
    """Values that are of a new kind, in a column that was read as the same before."""
    if use.needs_value and is_too_many(found.missing, found.rows, look.missing):
        yield _of_values(file, use, "missing", found.missing, found.rows, "rows have no value", look.missing,
                         "Such rows are refused; see what wrote them")  # fmt: skip
    if not found.values and found.rows and _is_strange(found.rows, look):
        yield Drift(
            file, use.column, use.subject, "empty",
            f"{_share(look.present, look.rows)} of {look.rows:,} rows had a value so far",
            f"all of {found.rows:,} values are missing",
            "See whether it is filled under another name",
        )  # fmt: skip
    if is_too_many(found.unreadable, found.values, look.unreadable):
        words = f"values are not what it is read as ({use.kind})"
        yield _of_values(file, use, "unreadable", found.unreadable, found.values, words, look.unreadable,
                         "They would count as missing; have them written as before, or declare them")  # fmt: skip
    if is_too_many(found.rounded, found.present, look.rounded):
        words = f"values have more than the {scale_of(use.kind)} decimals that are declared"
        yield _of_values(file, use, "rounded", found.rounded, found.present, words, look.rounded,
                         "They would be rounded; declare the `scale` that they have now")  # fmt: skip
    if use.is_key and is_too_many(found.repeated, found.keys, look.repeated, REPEATED):
        yield _of_values(file, use, "repeated", found.repeated, found.keys, "values stand there again", look.repeated,
                         "Only one row of each would count; see that it is the right column")  # fmt: skip
    yield from _judge_others(file, use, found, look)


def _judge_others(file: str, use: Use, found: Measure, look: UseLook) -> Iterator[Drift]:
    if not use.named or look.others is None:
        return
    new = {other: number for other, number in found.others.items() if other not in look.others}
    if is_too_many(sum(new.values()), found.present, 0.0):
        yield Drift(
            file, use.column, use.subject, "values",
            f"all that were accepted have a name, or were there from the first load on ({len(look.others):,} such)",
            f"{len(new):,} new values without a name, in {sum(new.values()):,} of {found.present:,}",
            "Name them under `values` in the vocabulary, or see what wrote them",
        )  # fmt: skip


def judge_events(file: str, column: str, found: Mapping[str, int], rows: int, look: SourceLook) -> Iterator[Drift]:
    """Events of names that are not declared and were not met before; `found` are rows by name, of so many in all."""
    for name, number in found.items():
        if name not in look.events and (number >= AT_LEAST or 2 * number >= rows):
            yield Drift(
                file, column, "event name", "event", "no such name was there so far, and it is not declared",
                f"the event '{name}' in {number:,} rows", "Declare it in events.yaml, or leave it out by accepting it",
                value=name,
            )  # fmt: skip


def is_too_many(number: int, of: int, accepted: float, share: float = SHARE) -> bool:
    """Whether so many odd ones are another kind of data, rather than a few odd ones."""
    if number < AT_LEAST and 2 * number < of:
        return False
    return number > max(share, min(2 * accepted, 0.99)) * of and number > accepted * of


def _is_strange(rows: int, look: UseLook) -> bool:
    """Whether chance would hardly leave so many rows empty, by what was filled so far."""
    if not look.present:
        return False
    filled = look.present / (look.rows + 1)
    return rows * log(1 - filled) < log(CHANCE)


def _of_values(file: str, use: Use, kind: str, number: int, of: int, words: str, accepted: float, advice: str) -> Drift:
    was = "none was accepted so far" if not accepted else f"at most {accepted:.1%} of a file were accepted so far"
    return Drift(file, use.column, use.subject, kind, was, f"{number:,} of {of:,} {words}", advice)


def _share(part: int, of: int) -> str:
    return f"{part / max(1, of):.0%}"


def joined(look: UseLook | None, found: Measure, *, is_accepted: bool) -> UseLook:
    """A look with one more file taken in. Only what is seen for the first time, or was accepted, makes it wider."""
    rows = {"rows": found.rows, "present": found.present}
    if look is not None and not is_accepted:
        return look.model_copy(update={name: getattr(look, name) + number for name, number in rows.items()})
    old = look or UseLook()
    shares = {
        "missing": found.missing / max(1, found.rows),
        "unreadable": found.unreadable / max(1, found.values),
        "rounded": found.rounded / max(1, found.present),
        "repeated": found.repeated / max(1, found.keys),
    }
    return UseLook(
        rows=old.rows + found.rows,
        present=old.present + found.present,
        **{name: max(getattr(old, name), share) for name, share in shares.items()},
        others=None if old.others is None else bounded([*old.others, *found.others]),
    )
