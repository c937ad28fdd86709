"""Names of segments: which there may be, and when two of them are one and the same to whoever reads them."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 64
#: What is left out where it is shown (Unicode's Default_Ignorable_Code_Point), and so tells no two names apart.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def tidy(text: str) -> str:
    """NFC, without spaces at the ends."""
    return unicodedata.normalize("NFC", text).strip()


def name_key(name: str) -> str:
    """What must be unique within an app: NFKC, case folded, without what nobody sees, spaces trimmed and folded.

    `Straße`, `STRASSE` and `Stra\u00adße` are one name. Letters that only Turkish takes for one another are two:
    `ısı` is not `ISI`.
    """
    folded = unicodedata.normalize("NFD", name)
    for _ in range(2):  # as Unicode defines caseless matching: one turn leaves some Greek letters apart
        folded = unicodedata.normalize("NFKC", folded.casefold())
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", _IGNORABLE.sub("", folded))).strip()


def checked_name(text: str) -> str:
    """The name, tidied. Raises ValueError with what it holds that no name may."""
    text = tidy(text)
    if not text:
        raise ValueError("the name is empty; expected 1 to 64 characters")
    if len(text) > LONGEST_NAME:
        raise ValueError(f"found a name of {len(text)} characters; expected at most {LONGEST_NAME}")
    if any(unicodedata.category(c).startswith("C") for c in text):
        raise ValueError("the name holds a control character or an invisible one; expected letters that people can see")
    if not name_key(text):
        raise ValueError("the name holds nothing that people can see; expected letters")
    if text.casefold().startswith(("sg_", "pd_")):
        raise ValueError("names do not begin with sg_ or pd_, which begin ids; choose another name")
    return text
