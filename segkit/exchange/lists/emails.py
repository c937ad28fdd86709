"""The normal form of an e-mail address, by which two spellings are told to be one: email-validator's, in lower case.

No name server is asked. Plain addresses are judged by an expression, a column at a time, and the rest by the library;
what the expression takes, the library takes too, in the same form, which a test holds.
"""

from __future__ import annotations

import functools

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

#: Longer addresses may break a limit of a part of them, so the library looks at them.
_SHORT = 64
_LOCAL = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+(?:\.[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+)*"
_PART = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"  # two dashes side by side may be Punycode
_ENDING = r"(?:[A-Za-z0-9]+-)*[A-Za-z0-9]*[A-Za-z]"
_PLAIN = rf"\A{_LOCAL}@(?:{_PART}\.)+{_ENDING}\z"
#: No mailbox is longer; the library takes quadratic time for some that are.
_LONGEST = 320


def email_form(text: str) -> str | None:
    """The normal form of one address; None if it is malformed."""
    if len(text) > _LONGEST:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except (EmailNotValidError, UnicodeError):
        return None


def email_forms(texts: pa.Array) -> pa.Array:
    """The normal form of each text (large_string), null where it is malformed or missing."""
    lowered = pc.ascii_lower(texts)
    others = pc.fill_null(pc.invert(_plain(texts, lowered)), False)
    rest = texts.filter(others).dictionary_encode()  # each is asked for once
    found = pa.array([email_form(text) for text in rest.dictionary.to_pylist()], pa.large_string())
    return pc.replace_with_mask(lowered, others, found.take(rest.indices)) if len(rest) else lowered


def _plain(texts: pa.Array, lowered: pa.Array) -> pa.Array:
    short = pc.less_equal(pc.binary_length(texts), _SHORT)
    special = functools.reduce(pc.or_, (pc.ends_with(lowered, f".{name}") for name in SPECIAL_USE_DOMAIN_NAMES))
    return pc.and_(pc.and_(short, pc.invert(special)), pc.match_substring_regex(texts, _PLAIN))
