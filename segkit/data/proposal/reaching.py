"""How users can be reached: which label holds the address, and which consents must be given."""

from __future__ import annotations

from segkit.data.proposal.headings import says
from segkit.data.proposal.model import Channel, ProposedColumn


def reach_of(labels: tuple[ProposedColumn, ...]) -> dict[str, Channel]:
    """The channels that the labels make possible. A consent that names no channel counts for each."""
    consents = [c for c in labels if c.type == "bool" and says(c.column, "consent")]
    consents += [c for c in labels if c.type == "bool" and c not in consents and _is_push(c)]
    by_channel = {
        channel: [c.code for c in consents if says(c.column, f"consent_{channel}")]
        for channel in ("email", "mobile", "push")
    }
    general = [c.code for c in consents if not any(c.code in codes for codes in by_channel.values())]
    found = {}
    for channel in ("email", "mobile"):
        address = next((c.code for c in labels if c.personal == channel), None)
        if address is not None:
            found[channel] = Channel(address, (*general, *by_channel[channel]))
    if by_channel["push"]:
        found["push"] = Channel(None, (*general, *by_channel["push"]))
    return found


def _is_push(column: ProposedColumn) -> bool:
    return bool(says(column.column, "consent_push")) and bool(says(column.column, "flag"))
