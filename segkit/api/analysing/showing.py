"""A rule in the form of other tools, to read: what it is as SQL."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from segkit.api.estimating import shown_rule
from segkit.api.evaluation import RuleLike
from segkit.compile.shown import shown_sql
from segkit.definitions.checks import require_sound

if TYPE_CHECKING:
    from segkit.api.app import App


class Showing:
    """The part of an app that shows rules to people who read SQL."""

    def as_sql(self, rule: RuleLike, as_of: date | str | None = None) -> str:
        """The SQL of a rule, to read: relations by plain names, values written in. Raises DefinitionError."""
        app = cast("App", self)
        shown = shown_rule(rule, app.definitions())
        require_sound("this rule", shown, app.vocabulary, None)
        return shown_sql(shown, app.vocabulary, app.day(as_of))
