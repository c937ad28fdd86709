"""What stands beside a rule while it is edited: what it would come to without each condition."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING, cast

from segkit.analysis.leaving_out import counts_without
from segkit.api.estimating import shown_rule
from segkit.api.evaluation import RuleLike, evaluate
from segkit.api.looking import values_of_parameter
from segkit.engine.people import ValueCount

if TYPE_CHECKING:
    from segkit.api.app import App

_RULE = "this rule"


class LiveCounts:
    """The part of an app that a rule builder asks on every edit, beside `estimate`."""

    @property
    def _app(self) -> App:
        return cast("App", self)

    def counts_without(
        self, rule: RuleLike, as_of: date | str | None = None, *, cancel: threading.Event | None = None
    ) -> dict[str, int]:
        """By the path of each condition, how many users the rule picks while that condition is left out."""
        app, definitions = self._app, self._app.definitions()
        shown = shown_rule(rule, definitions)
        found = evaluate(app, {_RULE: shown}, app.day(as_of), definitions, cancel=cancel)
        users = {condition.path: condition.members for condition in found.results[_RULE].conditions}
        return counts_without(shown, users, found.base)

    def parameter_values(
        self,
        event: str,
        parameter: str,
        as_of: date | str | None = None,
        *,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> list[ValueCount]:
        """What values a parameter of an event has in the last 90 days, by how many users; personal ones masked."""
        app = self._app
        return values_of_parameter(app, event, parameter, app.day(as_of), search=search, limit=limit, offset=offset)
