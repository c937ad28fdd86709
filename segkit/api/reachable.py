"""Who may be reached at this moment: the newest that is known of consent and address, not what a snapshot rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.export_options import CHANNELS, Channel
from segkit.data.settings import Channel as Channels
from segkit.definitions.conditions import All, Condition, Label
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator

if TYPE_CHECKING:
    from segkit.api.app import App

WORDS: dict[str, str] = {"email": "e-mail", "mobile": "SMS", "push": "push"}


@dataclass(frozen=True, slots=True)
class Reachable:
    """As of the newest date: who is a user, and by channel who has consented and who has an address."""

    as_of: date
    users: Bitmap
    consented: dict[str, Bitmap]
    addressed: dict[str, Bitmap]

    def by(self, channel: str) -> Bitmap:
        """Who may be reached by a channel."""
        return self.users & self.consented[channel] & self.addressed[channel]

    def held_back(self, members: Bitmap, channel: Channel | None) -> tuple[Bitmap, dict[str, int]]:
        """Those of `members` who may be written to, and how many are held back by which reason."""
        steps = [("no longer a user", self.users)]
        if channel is not None:
            steps.append((f"no consent for {WORDS[channel]}", self.consented[channel]))
            steps.append((f"no address for {WORDS[channel]}", self.addressed[channel]))
        held = {}
        for reason, kept in steps:
            held[reason] = (members - kept).count
            members = members & kept
        return members, {reason: count for reason, count in held.items() if count}


def newest_date(app: App, evaluator: DuckEvaluator, as_of: date) -> date:
    """The latest date that anything is known of, at least `as_of`."""
    return max(as_of, app.as_of, evaluator.manifest.last_data_date)


def reachable(app: App, evaluator: DuckEvaluator, as_of: date) -> Reachable:
    """Looks at every channel that the settings have; `as_of` is what is exported for, the newest is looked at."""
    day = newest_date(app, evaluator, as_of)
    having: dict[str, Channels] = {c: s for c in CHANNELS if (s := getattr(app.settings.reach, c)) is not None}
    everybody = All(all=())
    rules: list[Condition] = []
    for settings in having.values():
        rules.append(All(all=tuple(Label(label=code, op="eq", value=True) for code in settings.consent)))
        rules.append(everybody if settings.address is None else Label(label=settings.address, op="not_empty"))
    found = [evaluated.members for evaluated in evaluator.evaluate(rules, day)] if rules else []
    consented = dict(zip(having, found[::2], strict=True))
    return Reachable(day, evaluator.base(day), consented, dict(zip(having, found[1::2], strict=True)))
