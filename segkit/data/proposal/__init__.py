"""A look at a person's own files, and the app that they would make: `propose`, then change, then `write`.

Files are read and counted, never written to; whose zone a naive instant is in is asked for, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from segkit.data.proposal.decide import Sources, decide
from segkit.data.proposal.given import CsvWish, Given, Source, given
from segkit.data.proposal.look import Look
from segkit.data.proposal.model import Proposal
from segkit.data.proposal.wishes import ColumnWish, Wishes
from segkit.data.proposal.writing import Written, write
from segkit.data.work import Progress

__all__ = ["ColumnWish", "CsvWish", "Looked", "Proposal", "Source", "Wishes", "Written", "look_at", "write"]


class Looked:
    """A person's sources, looked at once; `proposal(wishes)` may be asked again with every change, and is quick."""

    def __init__(self, look: Look, sources: Sources) -> None:
        self._look = look
        self.sources = sources

    def proposal(self, wishes: Wishes) -> Proposal:
        """What the files would make, as far as said. Raises DataProblem for a column that is not there."""
        return decide(self._look, self.sources, wishes)

    @property
    def look(self) -> Look:
        return self._look

    def close(self) -> None:
        """Frees what was read."""
        self._look.close()


def look_at(
    workspace: Path,
    app: str,
    users: Source | None = None,
    events: Source | None = None,
    links: Mapping[str, Source] | None = None,
    csv: CsvWish | None = None,
    progress: Progress | None = None,
) -> Looked:
    """Looks at sources: seconds for a million rows. Raises NotFound or DataProblem for what cannot be read."""
    home, wish = f"sources/{app}", csv or CsvWish()
    tables = {role: source for role, source in (("users", users), ("events", events)) if source is not None}
    found = {role: given(source, workspace, home, role, wish) for role, source in tables.items()}
    linked = {name: given(source, workspace, home, name, wish) for name, source in (links or {}).items()}
    look = Look(sorted(_folders([*found.values(), *linked.values()])), progress=progress)
    try:
        users_seen, events_seen = (look.at(found[role]) if role in found else None for role in ("users", "events"))
        return Looked(look, Sources(users_seen, events_seen, {name: look.at(one) for name, one in linked.items()}))
    except BaseException:
        look.close()
        raise


def _folders(sources: list[Given]) -> set[Path]:
    return {file.real.parent for source in sources for file in source.files}
