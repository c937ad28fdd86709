"""The words of how a label is derived: `Sum of amount over ‘Paid an order’ in the last 90 days`."""

from __future__ import annotations

from segkit.definitions.conditions import OtherEvent
from segkit.definitions.derivations import Derived, FromEvents, FromLink
from segkit.definitions.vocabulary import Vocabulary
from segkit.definitions.wording import patterns as p
from segkit.definitions.wording.comparing import Comparing
from segkit.definitions.wording.filling import Filler, number, raised
from segkit.definitions.wording.happening import Happening
from segkit.definitions.wording.names import Names


def derivation_text(derived: Derived, vocabulary: Vocabulary) -> str:
    """What such a label is, in words."""
    filler = Filler()
    happening = Happening(Comparing(filler, Names(filler, vocabulary)))
    return raised(_of_events(derived, happening) if isinstance(derived, FromEvents) else _of_rows(derived, happening))


def _of_events(derived: FromEvents, happening: Happening) -> str:
    filler, unknown = happening.comparing.filler, happening.comparing.filler.fill(p.OPEN)
    pattern = p.OF_EVENTS.get(derived.measure) or p.MEASURES[derived.measure]
    of = derived.of
    return filler.fill(
        pattern,
        derived.every,
        event=happening.event(derived.event, derived.where),
        window=happening.window(derived.window),
        parameter=happening.comparing.names.parameter(of) if isinstance(of, str) else unknown,
        other=happening.event(of.event, of.where) if isinstance(of, OtherEvent) else unknown,
        every=unknown if derived.every is None else number(derived.every),
        at_least=number(derived.at_least or 1),
    )


def _of_rows(derived: FromLink, happening: Happening) -> str:
    filler = happening.comparing.filler
    column = filler.fill(p.OPEN) if derived.of is None else filler.quoted_name(derived.of)
    link = happening.filtered(filler.quoted_name(derived.link), derived.condition)
    found = filler.fill(p.OF_ROWS[derived.measure], column=column, link=link)
    if derived.by is None:
        return found
    return filler.fill(p.BY_COLUMN, derivation=found, column=filler.quoted_name(derived.by))
