"""Every pattern of a rule's words, and nothing else: whole sentences and phrases with named places, to be translated.

`_` and `ngettext` only mark a pattern, so that xgettext and babel find it; it is looked up when it is filled. What
stands in a place is a name, a value, or a phrase that is a pattern here itself; nothing is glued together otherwise.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Plural(NamedTuple):
    """A pattern for one and for many."""

    one: str
    many: str


Pattern = str | Plural


def _(pattern: str) -> str:
    return pattern


def ngettext(one: str, many: str) -> Plural:
    return Plural(one, many)


class Forms(NamedTuple):
    """A comparison as a row of its own and as a part of "Users …", each also negated."""

    row: Pattern
    row_not: Pattern
    clause: Pattern
    clause_not: Pattern


# --- the whole -------------------------------------------------------------------------------------------------------

EVERYBODY: Final = _("All users.")
NOBODY: Final = _("No users.")
USERS: Final = _("Users {conditions}.")
MUTED: Final = ngettext("{sentence} {count} muted condition left out.", "{sentence} {count} muted conditions left out.")

BOTH: Final = _("{first}, and {second}")
AND_LAST: Final = _("{start}, and {last}")
EITHER: Final = _("{first}, or {second}")
OR_LAST: Final = _("{start}, or {last}")
NEXT: Final = _("{start}, {next}")
GROUP: Final = _("({conditions})")
NOT_GROUP: Final = _("who are not among those ({conditions})")
ANYBODY: Final = _("who are any users")
NONE_AT_ALL: Final = _("who are no users")

ROW_ALL: Final = _("All of these")
ROW_ANY: Final = _("At least one of these")
ROW_NOT_ALL: Final = _("Not all of these")
ROW_NOT_ANY: Final = _("None of these")
ROW_EVERYBODY: Final = _("All users")
ROW_NOBODY: Final = _("No users")

WITHOUT_A_VALUE: Final = _("{condition} (includes users without a value)")
WITH_NONE: Final = _("{condition} (includes users with none)")
EVENTS_WITHOUT_A_VALUE: Final = _("{condition} (includes events without a value)")

# --- names and values ------------------------------------------------------------------------------------------------

NAME_AND_CODE: Final = _("{name} ({code})")
QUOTED_NAME: Final = _("‘{name}’")
QUOTED_TEXT: Final = _("“{text}”")
NUMBER_AND_UNIT: Final = _("{number} {unit}")
VALUES: Final = _("{start}, {next}")
AND_MORE: Final = ngettext("{values} and {count} more", "{values} and {count} more")
YES: Final = _("yes")
NO: Final = _("no")
OPEN: Final = _("…")
DAYS_OF_THE_YEAR: Final = (
    _("{day} Jan {year}"),
    _("{day} Feb {year}"),
    _("{day} Mar {year}"),
    _("{day} Apr {year}"),
    _("{day} May {year}"),
    _("{day} Jun {year}"),
    _("{day} Jul {year}"),
    _("{day} Aug {year}"),
    _("{day} Sep {year}"),
    _("{day} Oct {year}"),
    _("{day} Nov {year}"),
    _("{day} Dec {year}"),
)

# --- windows ---------------------------------------------------------------------------------------------------------

IN_LAST: Final = ngettext("in the last {days} day", "in the last {days} days")
IN_RANGE: Final = _("from {first} to {last}")
AGO: Final = ngettext("between {first} and {last} day ago", "between {first} and {last} days ago")
EVER: Final = _("ever")

# --- comparisons of labels, of parameters, and of measures that are a thing with a value ----------------------------

COMPARISONS: Final[dict[str, Forms]] = {
    "eq": Forms(
        _("{subject} is {value}"),
        _("{subject} is not {value}"),
        _("whose {subject} is {value}"),
        _("whose {subject} is not {value}"),
    ),
    "in": Forms(
        _("{subject} is any of {values}"),
        _("{subject} is none of {values}"),
        _("whose {subject} is any of {values}"),
        _("whose {subject} is none of {values}"),
    ),
    "contains": Forms(
        _("{subject} contains {value}"),
        _("{subject} does not contain {value}"),
        _("whose {subject} contains {value}"),
        _("whose {subject} does not contain {value}"),
    ),
    "contains any": Forms(
        _("{subject} contains any of {values}"),
        _("{subject} contains none of {values}"),
        _("whose {subject} contains any of {values}"),
        _("whose {subject} contains none of {values}"),
    ),
    "contains_all": Forms(
        _("{subject} contains all of {values}"),
        _("{subject} does not contain all of {values}"),
        _("whose {subject} contains all of {values}"),
        _("whose {subject} does not contain all of {values}"),
    ),
    "list contains": Forms(
        _("{subject} include {value}"),
        _("{subject} do not include {value}"),
        _("whose {subject} include {value}"),
        _("whose {subject} do not include {value}"),
    ),
    "list contains any": Forms(
        _("{subject} include any of {values}"),
        _("{subject} include none of {values}"),
        _("whose {subject} include any of {values}"),
        _("whose {subject} include none of {values}"),
    ),
    "list contains_all": Forms(
        _("{subject} include all of {values}"),
        _("{subject} do not include all of {values}"),
        _("whose {subject} include all of {values}"),
        _("whose {subject} do not include all of {values}"),
    ),
    "starts_with": Forms(
        _("{subject} starts with {value}"),
        _("{subject} does not start with {value}"),
        _("whose {subject} starts with {value}"),
        _("whose {subject} does not start with {value}"),
    ),
    "ends_with": Forms(
        _("{subject} ends with {value}"),
        _("{subject} does not end with {value}"),
        _("whose {subject} ends with {value}"),
        _("whose {subject} does not end with {value}"),
    ),
    "gt": Forms(
        _("{subject} is more than {value}"),
        _("{subject} is not more than {value}"),
        _("whose {subject} is more than {value}"),
        _("whose {subject} is not more than {value}"),
    ),
    "ge": Forms(
        _("{subject} is at least {value}"),
        _("{subject} is not at least {value}"),
        _("whose {subject} is at least {value}"),
        _("whose {subject} is not at least {value}"),
    ),
    "lt": Forms(
        _("{subject} is less than {value}"),
        _("{subject} is not less than {value}"),
        _("whose {subject} is less than {value}"),
        _("whose {subject} is not less than {value}"),
    ),
    "le": Forms(
        _("{subject} is at most {value}"),
        _("{subject} is not at most {value}"),
        _("whose {subject} is at most {value}"),
        _("whose {subject} is not at most {value}"),
    ),
    "between": Forms(
        _("{subject} is from {low} to {high}"),
        _("{subject} is not from {low} to {high}"),
        _("whose {subject} is from {low} to {high}"),
        _("whose {subject} is not from {low} to {high}"),
    ),
    "on": Forms(
        _("{subject} is on {value}"),
        _("{subject} is not on {value}"),
        _("whose {subject} is on {value}"),
        _("whose {subject} is not on {value}"),
    ),
    "before": Forms(
        _("{subject} is before {value}"),
        _("{subject} is not before {value}"),
        _("whose {subject} is before {value}"),
        _("whose {subject} is not before {value}"),
    ),
    "after": Forms(
        _("{subject} is after {value}"),
        _("{subject} is not after {value}"),
        _("whose {subject} is after {value}"),
        _("whose {subject} is not after {value}"),
    ),
    "in_last": Forms(
        ngettext("{subject} is in the last {value} day", "{subject} is in the last {value} days"),
        ngettext("{subject} is not in the last {value} day", "{subject} is not in the last {value} days"),
        ngettext("whose {subject} is in the last {value} day", "whose {subject} is in the last {value} days"),
        ngettext("whose {subject} is not in the last {value} day", "whose {subject} is not in the last {value} days"),
    ),
    "in_next": Forms(
        ngettext("{subject} is today or in the next {value} day", "{subject} is today or in the next {value} days"),
        ngettext(
            "{subject} is not today or in the next {value} day", "{subject} is not today or in the next {value} days"
        ),
        ngettext(
            "whose {subject} is today or in the next {value} day",
            "whose {subject} is today or in the next {value} days",
        ),
        ngettext(
            "whose {subject} is not today or in the next {value} day",
            "whose {subject} is not today or in the next {value} days",
        ),
    ),
    "days_ago_gt": Forms(
        ngettext("{subject} is more than {value} day ago", "{subject} is more than {value} days ago"),
        ngettext("{subject} is not more than {value} day ago", "{subject} is not more than {value} days ago"),
        ngettext("whose {subject} is more than {value} day ago", "whose {subject} is more than {value} days ago"),
        ngettext(
            "whose {subject} is not more than {value} day ago", "whose {subject} is not more than {value} days ago"
        ),
    ),
    "days_ago_lt": Forms(
        ngettext("{subject} is less than {value} day ago", "{subject} is less than {value} days ago"),
        ngettext("{subject} is not less than {value} day ago", "{subject} is not less than {value} days ago"),
        ngettext("whose {subject} is less than {value} day ago", "whose {subject} is less than {value} days ago"),
        ngettext(
            "whose {subject} is not less than {value} day ago", "whose {subject} is not less than {value} days ago"
        ),
    ),
    "days_ago_between": Forms(
        ngettext("{subject} is {low} to {high} day ago", "{subject} is {low} to {high} days ago"),
        ngettext("{subject} is not {low} to {high} day ago", "{subject} is not {low} to {high} days ago"),
        ngettext("whose {subject} is {low} to {high} day ago", "whose {subject} is {low} to {high} days ago"),
        ngettext("whose {subject} is not {low} to {high} day ago", "whose {subject} is not {low} to {high} days ago"),
    ),
    "not_empty": Forms(
        _("{subject} has a value"),
        _("{subject} has no value"),
        _("whose {subject} has a value"),
        _("whose {subject} has no value"),
    ),
}

# --- events ----------------------------------------------------------------------------------------------------------

FILTERED: Final = _("{event} (where {filter})")
FILTER_FITS: Final = _("anything fits")
FILTER_NEVER_FITS: Final = _("nothing fits")
FILTER_NOT: Final = _("not ({conditions})")

#: Measures as a thing that has a value; they take the place of `subject` in a comparison.
MEASURES: Final[dict[str, str]] = {
    "sum": _("sum of {parameter} over {event} {window}"),
    "avg": _("average {parameter} over {event} {window}"),
    "min": _("smallest {parameter} over {event} {window}"),
    "max": _("largest {parameter} over {event} {window}"),
    "distinct": _("number of different values of {parameter} over {event} {window}"),
    "share": _("share of {event} among {other} {window}"),
    "first": _("first {event} {window}"),
    "last": _("last {event} {window}"),
}

AMOUNTS: Final[dict[str, str]] = {
    "gt": _("more than {value}"),
    "ge": _("at least {value}"),
    "lt": _("fewer than {value}"),
    "le": _("at most {value}"),
    "eq": _("exactly {value}"),
    "not eq": _("not exactly {value}"),
    "between": _("from {low} to {high}"),
    "not between": _("not from {low} to {high}"),
}


class Doings(NamedTuple):
    """How often something was done: at all, never, so many times, on so many days, in so many periods."""

    once: Pattern
    never: Pattern
    times: Pattern
    days: Pattern
    periods: Pattern
    busy_periods: Pattern


#: As a row of its own.
ROW_DOINGS: Final = Doings(
    _("{event}: at least once {window}"),
    _("{event}: not once {window}"),
    ngettext("{event}: {amount} time {window}", "{event}: {amount} times {window}"),
    ngettext("{event}: on {amount} day {window}", "{event}: on {amount} days {window}"),
    ngettext(
        "{event}: in {amount} of the {total} periods of {every} day {window}",
        "{event}: in {amount} of the {total} periods of {every} days {window}",
    ),
    ngettext(
        "{event}: {at_least} times or more in {amount} of the {total} periods of {every} day {window}",
        "{event}: {at_least} times or more in {amount} of the {total} periods of {every} days {window}",
    ),
)
#: As a part of "Users …", by the event's name as it is.
DID: Final = Doings(
    _("who did {event} {window}"),
    _("who did not do {event} {window}"),
    ngettext("who did {event} {amount} time {window}", "who did {event} {amount} times {window}"),
    ngettext("who did {event} on {amount} day {window}", "who did {event} on {amount} days {window}"),
    ngettext(
        "who did {event} in {amount} of the {total} periods of {every} day {window}",
        "who did {event} in {amount} of the {total} periods of {every} days {window}",
    ),
    ngettext(
        "who did {event} {at_least} times or more in {amount} of the {total} periods of {every} day {window}",
        "who did {event} {at_least} times or more in {amount} of the {total} periods of {every} days {window}",
    ),
)
#: As a part of "Users …", where the event's name says what somebody has done, such as "paid an order".
HAVE_DONE: Final = Doings(
    _("who have {event} {window}"),
    _("who have not {event} {window}"),
    ngettext("who have {event} {amount} time {window}", "who have {event} {amount} times {window}"),
    ngettext("who have {event} on {amount} day {window}", "who have {event} on {amount} days {window}"),
    ngettext(
        "who have {event} in {amount} of the {total} periods of {every} day {window}",
        "who have {event} in {amount} of the {total} periods of {every} days {window}",
    ),
    ngettext(
        "who have {event} {at_least} times or more in {amount} of the {total} periods of {every} day {window}",
        "who have {event} {at_least} times or more in {amount} of the {total} periods of {every} days {window}",
    ),
)

# --- sequences, segments, samples ------------------------------------------------------------------------------------

THEN: Final = _("{start}, then {next}")
SEQUENCE: Final = Forms(
    _("{steps}, within {within} × 24 hours, {window}"),
    _("Not: {steps}, within {within} × 24 hours, {window}"),
    _("who did {steps}, within {within} × 24 hours, {window}"),
    _("who did not do {steps}, within {within} × 24 hours, {window}"),
)
SEGMENT: Final = Forms(
    _("In segment {segment}"),
    _("Not in segment {segment}"),
    _("who are in segment {segment}"),
    _("who are not in segment {segment}"),
)
SAMPLE: Final = Forms(
    _("In the stable sample of {percent} % by seed {seed}"),
    _("Not in the stable sample of {percent} % by seed {seed}"),
    _("who are in the stable sample of {percent} % by seed {seed}"),
    _("who are not in the stable sample of {percent} % by seed {seed}"),
)

# --- how a label is derived ------------------------------------------------------------------------------------------

#: From events; the other measures have their words above.
OF_EVENTS: Final[dict[str, Pattern]] = {
    "exists": _("whether there is {event} {window}"),
    "count": _("number of {event} {window}"),
    "days": _("days with {event} {window}"),
    "periods": ngettext(
        "periods of {every} day with {event} {at_least} times or more {window}",
        "periods of {every} days with {event} {at_least} times or more {window}",
    ),
}
OF_ROWS: Final[dict[str, str]] = {
    "exists": _("whether {link} has a row"),
    "count": _("number of rows of {link}"),
    "list": _("values of {column} in {link}"),
    "distinct": _("number of different values of {column} in {link}"),
    "sum": _("sum of {column} in {link}"),
    "min": _("smallest {column} in {link}"),
    "max": _("largest {column} in {link}"),
    "first": _("first {column} in {link}"),
    "last": _("last {column} in {link}"),
}
BY_COLUMN: Final = _("{derivation}, by {column}")
