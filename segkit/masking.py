"""Personal data as it is shown while nobody has asked to see it: enough to tell rows apart, too little to use.

Lies below everything else, errors too, so that no message can hold an e-mail address or a mobile number in clear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segkit.definitions.vocabulary import Personal

_IN_A_NAME = r"\w.+%'’&~-"
_NAME = rf"[^\W_](?:[{_IN_A_NAME}]*[\w])?"
_DOMAIN = r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.[^\W\d_]{2,}"
_MOBILE = r"(?<![\w+])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\d)"
#: A long run of what may stand in an address, behind which there is no `@` and no `://`: nothing but a number can begin
#: in it. Without this each of its places is tried to its end: 6 s for the 40 kB of a picture in base64.
_LONG_RUN = rf"(?=[{_IN_A_NAME}]{{64}}[{_IN_A_NAME}]*+(?!@|://))(?:[{_IN_A_NAME.replace('+', '')}]++|(?!{_MOBILE})\+)++"
#: Addresses and numbers in international form; what a URL has before its host is no address.
_FOUND = re.compile(
    rf"(?P<url>\b[a-z][a-z0-9+.-]*://[^\s/@]*@)|(?P<email>{_NAME}@{_DOMAIN})|(?P<mobile>{_MOBILE})|{_LONG_RUN}",
    re.IGNORECASE,
)


#: The errors of segkit by name; a test compares them.
_OUR_OWN = frozenset({
    "Busy", "Cancelled", "CatalogMoved", "Damaged", "DataProblem", "DefinitionError", "Drifted", "Forbidden", "Held",
    "ImportedBefore", "Lost", "Moved", "NotDelivered", "NotFound", "Overtaken", "PartlyDone", "SegkitError",
    "StaleSave",
})  # fmt: skip
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def masked(value: object, kind: Personal | None) -> str | None:
    """`mary@example.com` as `m•••@e•••.com`, `+4915112345678` as `+49•••78`, other text as its first letter."""
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return ", ".join(masked(item, kind) or "" for item in value)
    if value is None or value == "" or value != value:  # NaN is not equal to itself
        return None
    text = str(value)
    if kind == "email" and "@" in text:
        local, _, domain = text.rpartition("@")
        host, dot, ending = domain.rpartition(".")
        return f"{local[:1]}•••@{host[:1]}•••{dot}{ending}"
    if kind == "mobile":
        return f"{text[:3]}•••{text[-2:]}" if len(text) > 7 else "•••"
    return f"{text[:1]}•••"


def masked_text(text: str) -> str:
    """Text with every e-mail address and every number in international form in it masked; the rest as it is."""
    return _FOUND.sub(_masked_match, text) if "@" in text or "+" in text else text


def masked_failure(kind: str, message: str) -> str:
    """The message of an exception that nobody foresaw: what it quotes may be a value of a user, and is masked.

    segkit's own errors (`kind` is the class's name) quote only what may be told.
    """
    told = masked_text(message)
    return told if kind in _OUR_OWN else _QUOTED.sub("'•••'", told)


def _masked_match(found: re.Match[str]) -> str:
    if found["email"]:
        return masked(found[0], "email") or ""
    return (masked(found[0], "mobile") or "") if found["mobile"] else found[0]
