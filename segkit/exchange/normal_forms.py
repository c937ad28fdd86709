"""How platforms want addresses written before they are hashed or sent: small steps by name, each of one text.

A step gives None for a text that cannot be what is asked for; such an address is not sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u2212\u00a0\u202f]")
_E164 = re.compile(r"\+[1-9]\d{6,14}\Z", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+\Z")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.@]+\Z")
_GOOGLE = ("gmail.com", "googlemail.com")


def _email(text: str) -> str | None:
    return text if _EMAIL.match(text) else None


def _e164(text: str) -> str | None:
    """`+` and all digits; a number that names no country is not guessed at."""
    plain = _SEPARATORS.sub("", text)
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    return plain if _E164.match(plain) else None


def _google_mailbox(text: str) -> str:
    """At Google's own domains the dots before the @ and what follows a + there mean nothing."""
    local, _, domain = text.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}" if domain in _GOOGLE else text


STEPS: dict[str, Callable[[str], str | None]] = {
    "trim": str.strip,
    "lower": str.lower,
    "no_spaces": lambda text: re.sub(r"\s", "", text),
    "email": _email,
    "e164": _e164,
    "without_plus": lambda text: text.removeprefix("+"),
    "google_mailbox": _google_mailbox,
    "letters_only": lambda text: "".join(c for c in text if c.isalpha()),
    "plain_key": lambda text: text if _PLAIN_KEY.match(text) else None,
}


def normal_form(text: str | None, steps: tuple[str, ...]) -> str | None:
    """A text after all steps in order; None where one of them gives it up, or nothing is left."""
    for step in steps:
        if text is None:
            return None
        text = STEPS[step](text)
    return text or None


def sha256_hex(text: str) -> str:
    """SHA-256 of the text in UTF-8, as 64 small hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
