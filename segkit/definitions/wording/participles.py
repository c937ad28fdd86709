"""Event names that say in English what somebody has done, so that "who have …" can say it, too."""

from __future__ import annotations

#: Past forms that are no participle.
_IRREGULAR = {
    "gave": "given", "saw": "seen", "went": "gone", "took": "taken", "wrote": "written", "began": "begun",
    "came": "come", "ran": "run", "chose": "chosen", "forgot": "forgotten", "broke": "broken", "spoke": "spoken",
    "drove": "driven", "ate": "eaten", "drew": "drawn", "grew": "grown", "threw": "thrown", "woke": "woken",
}  # fmt: skip
#: Participles that do not end in -ed.
_PARTICIPLES = frozenset(_IRREGULAR.values()) | {
    "bought", "sent", "made", "left", "got", "met", "read", "paid", "sold", "spent", "won", "lost", "put", "set",
    "found", "kept", "built", "brought", "caught", "heard", "lent", "let", "told", "thought", "taught", "slept",
    "shot", "shut", "cut", "hit", "quit", "used",
}  # fmt: skip
#: Words in -ed that nobody has done.
_NOT_DONE = frozenset({
    "speed", "feed", "need", "seed", "weed", "deed", "breed", "indeed", "embed", "infrared", "hundred", "sacred",
})  # fmt: skip


def done(name: str) -> str | None:
    """`paid an order` for "Paid an order", `given feedback` for "Gave feedback", None for "Pairing starts".

    A name whose last word is a participle too says something else, as "Limited offer viewed" does.
    """
    first, _, rest = name.partition(" ")
    participle = _participle(first)
    if participle is None or (rest and _participle(rest.rpartition(" ")[2]) is not None):
        return None
    return f"{participle} {rest}" if rest else participle


def _participle(word: str) -> str | None:
    small = word.casefold()
    if word[1:] != small[1:] or small in _NOT_DONE:
        return None
    if small in _IRREGULAR or small in _PARTICIPLES:
        return _IRREGULAR.get(small, small)
    return small if len(small) > 4 and small.endswith("ed") else None
