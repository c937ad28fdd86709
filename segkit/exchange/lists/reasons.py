"""Why a row of a list is not taken, in words that somebody who sends campaigns understands."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """Each has a code, which is kept, and a sentence, which is shown. Of several the first one here is given."""

    TOO_MANY_CELLS = (
        "too_many_cells",
        "The row has more cells than there are headings, so what belongs where is not clear.",
    )
    EMPTY_ROW = "empty_row", "The row is empty: it has no e-mail, mobile, uid or parameter."
    NO_IDENTIFIER = "no_identifier", "The row has no e-mail, mobile or uid, so nobody is meant."
    MALFORMED_EMAIL = "malformed_email", "The e-mail is no valid address; see that it is spelled right."
    ROUNDED_MOBILE = (
        "rounded_mobile",
        "A spreadsheet rounded the mobile (as in 4.91512E+12); format the column as text and enter it again.",
    )
    MALFORMED_MOBILE = (
        "malformed_mobile",
        "The mobile is no valid number; write it with + and the country code, such as +49 151 23456789.",
    )
    UNKNOWN_UID = "unknown_uid", "No user has this uid; uids are compared letter by letter, capitals and zeros too."
    UNKNOWN_MOBILE = (
        "unknown_mobile",
        "No user has this mobile; see that its country code, or its + and leading zeros, were not lost.",
    )
    SEVERAL_USERS = (
        "several_users",
        "Several users share this identifier; add one that only one of them has, such as the uid.",
    )
    TWO_USERS = "two_users", "The identifiers of this row belong to different users; keep those of the one you mean."
    ERASED = "erased", "The person was erased from this workspace and is kept out; take the row out of your list."

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence


#: By number, as files keep them.
REASONS = tuple(Reason)
NUMBER_OF = {reason: number for number, reason in enumerate(REASONS)}
