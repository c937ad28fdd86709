"""Made e-mails and mobiles, seeded: plain ones, odd spellings, and what is nearly one. Verdicts are not known here."""

from __future__ import annotations

from random import Random

import phonenumbers

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
_LOCALS = (
    "ana",
    "Bo.Berg",
    "o'neill",
    "x+tag",
    "a..b",
    ".a",
    "a.",
    "jürgen",
    '"a b"',
    "名前",
    "a b",
    "",
    "A_1",
    "{x}",
    "a" * 63,
)
_DOMAINS = (
    "example.com", "Mail.Example.COM", "example.test", "x.arpa", "münchen.de", "xn--mnchen-3ya.de", "ab--c.de",
    "-a.de", "a-.de", "a_b.de", "localhost", "x.local", "x.y.onion", "1.2.3.4", "[1.2.3.4]", "a.c1", "a.1c",
    "例子.中国", "a..b.de", "x.test.de", "b" * 63 + ".de",
)  # fmt: skip
_MARKS = "aZ09.-_+@' \"<>,;\t\u200b=|\u00fc\uff20"


def email(rng: Random) -> str:
    """One text that is, or nearly is, an e-mail address."""
    local = rng.choice(_LOCALS) + (str(rng.randrange(100_000)) if rng.random() < 0.6 else "")
    text = f"{local}@{rng.choice(_DOMAINS) if rng.random() < 0.5 else f'mail{rng.randrange(99)}.example.org'}"
    return _damaged(rng, text, _MARKS) if rng.random() < 0.3 else text


def mobile(rng: Random) -> str:
    """One text that is, or nearly is, a telephone number of some country, in one of the ways people write them."""
    region = rng.choice(REGIONS)
    found = phonenumbers.example_number_for_type(region, rng.choice((0, 1))) or phonenumbers.example_number(region)
    code = phonenumbers.country_code_for_region(region)
    digits = list(phonenumbers.national_significant_number(found)) if found else list("5551234567")
    for _ in range(rng.choice((0, 0, 1, 3))):
        digits[rng.randrange(len(digits))] = rng.choice("0123456789")
    rest = "".join(digits)
    prefix = rng.choice(("+", "+", "+", "00", "", "+ ", "tel:+"))
    written = rng.choice(
        (f"{prefix}{code}{rest}", f"0{rest}", rest, f"1{rest}", f"8{rest}", f"+{code}0{rest}", f"+{code}(0){rest}")
    )
    for _ in range(rng.choice((0, 0, 1, 2))):
        place = rng.randrange(1, len(written))
        written = written[:place] + rng.choice(" -./") + written[place:]
    return _damaged(rng, written, "0123456789+-x#a ,;（") if rng.random() < 0.2 else written


def _damaged(rng: Random, text: str, marks: str) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice((rng.choice(marks), "")) + text[place + rng.choice((0, 1)) :]
