"""Documents of an older format: read, brought to today's form step by step, and said so. A newer one is refused.

A step takes a document's plain data of one format and gives that of the next; it looks at nothing else. Documents that
the catalog has kept for years go the same way, so nothing that is stored is ever rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from segkit.errors import SegkitError

FORMAT = 1
Data = dict[str, Any]


def _from_0(data: Data) -> Data:
    """Format 0, before the first release: `conditions` that must all hold, days for a window, `cycle: manual`."""
    found = {key: value for key, value in data.items() if key != "conditions"}
    if "conditions" in data and "rule" not in data:
        found["rule"] = {"all": data["conditions"]}
    if found.get("cycle") == "manual":
        found["cycle"] = "once"
    if "rule" in found:
        found["rule"] = _with_windows(found["rule"])
    return found


def _with_windows(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_windows(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _with_windows(value) for key, value in node.items()}
    window = found.get("window")
    if isinstance(window, int) and not isinstance(window, bool):
        found["window"] = {"last": window}
    return found


#: What brings a document of a format to the next.
STEPS: Mapping[int, Callable[[Data], Data]] = {0: _from_0}


def format_of(data: Mapping[str, Any]) -> object:
    """What a document says its format is; one that says nothing is of today's."""
    return data.get("segkit", FORMAT)


def in_todays_format(data: Data, subject: str) -> Data:
    """The document's data in today's format; as it is where it is in that already, or says nothing that is a format.

    Raises SegkitError for a newer format, and for an older one that nothing leads on from.
    """
    found = format_of(data)
    if not isinstance(found, int) or isinstance(found, bool) or found == FORMAT:
        return data
    if found > FORMAT:
        raise SegkitError(
            f"{subject}: segkit: found format {found}; this segkit reads up to {FORMAT}. Upgrade segkit to read it."
        )
    if found not in STEPS:
        raise SegkitError(f"{subject}: segkit: found format {found}; expected {min(STEPS)} to {FORMAT}")
    while found < FORMAT:
        data, found = STEPS[found](data), found + 1
    return {**data, "segkit": FORMAT}


def told_of(data: object, subject: str) -> str | None:
    """What a reader of an older document is told; nothing of one in today's format."""
    found = format_of(data) if isinstance(data, dict) else FORMAT
    if not isinstance(found, int) or isinstance(found, bool) or found >= FORMAT:
        return None
    return (
        f"{subject} is of format {found}, and was read as format {FORMAT}. Once saved, `segkit show NAME` writes it "
        f"in format {FORMAT}."
    )
