"""Personal data as it is shown while nobody has asked to see it: enough to tell rows apart, too little to use."""

from __future__ import annotations

from segkit.definitions.vocabulary import Personal


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
