"""What the runs panel shows and does: nights, what gates hold, deliveries that wait; and letting something through."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from segkit.api.ages import age_words, moment_words
from segkit.api.nights import Delivery, HeldNow, pages_of
from segkit.definitions.zones import zone
from segkit.errors import SegkitError
from segkit.operations.roles import may
from segkit.workbench.panels.model import Answer, Asked, Message, PanelModel
from segkit.workbench.panels.transfers import PIECE

if TYPE_CHECKING:
    from segkit.api import Workspace

_NIGHTS = 60
_CHANGED = 8
_COUNTED = ("published", "up to date")


class RunsModel(PanelModel):
    """The nights of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.answers |= {
            "again": lambda _asked: self.opening(), "night": self._night, "page": self._page, "accept": self._accept,
        }  # fmt: skip

    def opening(self) -> Message:
        """Everything in short; a night's details come when they are asked for."""
        workspace, roles = self.workspace, self.workspace.settings.roles
        place = shlex.quote(str(workspace.folder))
        return {
            "apps": list(workspace.app_names),
            "nights": [night_in_short(self.workspace, night) for night in workspace.nights(_NIGHTS)],
            "held": [self._held(each) for each in workspace.held()],
            "deliveries": [self._delivery(each) for each in workspace.deliveries()],
            "at_work": workspace.night_at_work,
            "who": workspace.actor,
            "may_accept": may(roles, workspace.actor, "edit"),
            "commands": {"run": f"segkit nightly -w {place}", "schedule": f"segkit schedule --at 03:30 -w {place}"},
        }

    # --- nights ------------------------------------------------------------------------------------------------------

    def _night(self, asked: Asked) -> Message:
        day = asked.day("date")
        found = next(iter(self.workspace.nights(day=day)), None) if day else None
        if found is None:
            raise SegkitError("There is no night of this date any more; look again.")
        return {
            "night": {
                **night_in_short(self.workspace, found),
                "error": found["error"], "reasons": {"failed": found["failed"], "held": found["held"]},
                "gates": found["gates"], "notebooks": found["notebooks"], "earlier": found["attempts"],
                "by_app": [self._of_app(name, app) for name, app in found["apps"].items()],
                "pages": pages_of(self.workspace.folder, found["date"]),
            }
        }  # fmt: skip

    def _of_app(self, name: str, app: Mapping[str, Any]) -> dict[str, Any]:
        changed = [row for row in app["segments"] if row["change"]]
        changed.sort(key=lambda row: (-abs(row["change"]) / max(row["before"] or 0, 1), row["name"]))
        return {
            "app": name, "as_of": app["as_of"], "outcome": app["outcome"], "base": app["base"],
            "segments": len(app["segments"]), "changed": len(changed),
            "most_changed": [
                {key: row[key] for key in ("name", "before", "count", "change")} for row in changed[:_CHANGED]
            ],
            "held": [
                {key: row[key] for key in ("name", "reason")} for row in app["segments"] if row["status"] == "held"
            ],
            "exports": app["exports"], "notes": app["notes"], "load": app["load"]["lines"],
        }  # fmt: skip

    def _page(self, asked: Asked) -> Answer:
        """The night's page, a piece at a time: to be saved, or shown as it is, without a script."""
        day = asked.day("date")
        if day is None:
            raise SegkitError("date: expected a day such as 2026-01-31")
        page = self.workspace.night_page(day, asked.text("app", 100)).encode()
        at = asked.number("at", most=max(len(page), 1))
        return {"name": f"night-{day}.html", "size": len(page), "type": "text/html"}, [page[at : at + PIECE]]

    # --- what is held ------------------------------------------------------------------------------------------------

    def _held(self, held: HeldNow) -> dict[str, Any]:
        by_id = {row["id"]: row for row in held.segments}
        return {
            "app": held.app, "as_of": held.as_of.isoformat(),
            "since": moment_there(self.workspace, held.since.isoformat()),
            "findings": [
                {
                    "what": found["holds"] or found["gate"], "gate": found["gate"], "segment": found["holds"],
                    "sentence": found["sentence"], "found": found["found"], "limit": found["limit"],
                    "served": (by_id.get(found["segment_id"]) or {}).get("before"),
                    "needs_load": found["gate"] == "drift",
                }
                for found in held.findings
            ],
            "segments": [{"name": row["name"], "reason": row["reason"]} for row in held.segments],
        }  # fmt: skip

    def _accept(self, asked: Asked) -> Message:
        app, what, day = asked.text("app", 200), asked.text("what", 200), asked.day("as_of")
        if not what or day is None:
            raise SegkitError("Say what is to be let through, and as of when.")
        report = self.workspace.accept(app, what, day)
        published = [row.name for row in report.segments if row.status == "published"]
        return {**self.opening(), "published": published, "accepted": what}

    # -----------------------------------------------------------------------------------------------------------------

    def _delivery(self, delivery: Delivery) -> dict[str, Any]:
        age = self.workspace.clock() - delivery.created_at
        return {
            "app": delivery.app, "export": delivery.export, "file": delivery.file, "place": delivery.place,
            "age": age_words(age), "attempts": delivery.attempts, "error": delivery.last_error, "waits": delivery.waits,
        }  # fmt: skip


def night_in_short(workspace: Workspace, night: Mapping[str, Any]) -> dict[str, Any]:
    """What a night did, in counts."""
    rows = [row for app in night["apps"].values() for row in app["segments"]]
    return {
        "date": night["date"], "outcome": night["outcome"], "attempt": night["attempt"],
        "ended": moment_there(workspace, night["ended_at"]), "seconds": night["duration_seconds"],
        "apps": list(night["as_of"]),
        "published": sum(row["status"] in _COUNTED for row in rows),
        "held": sum(row["status"] == "held" for row in rows), "failed": len(night["failed"]),
        "grown": sum((row["change"] or 0) > 0 for row in rows),
        "shrunk": sum((row["change"] or 0) < 0 for row in rows),
        "exports": sum(
            made["status"].startswith("made") for app in night["apps"].values() for made in app["exports"]
        ),
    }  # fmt: skip


def moment_there(workspace: Workspace, text: str) -> str:
    """A moment in words, where the first app is."""
    there = zone(workspace.settings.app(workspace.app_names[0]).zone)
    return moment_words(datetime.fromisoformat(text), workspace.clock(), there)
