"""Whom an app's lists can find: its users as of its date, by uid and by the labels that hold their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from segkit.engine.contacts import contacts
from segkit.errors import NotFound, SegkitError
from segkit.exchange.lists.people import People

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.definitions import Definition

Channel = Literal["email", "mobile", "push"]


def address_label(app: App, kind: Literal["email", "mobile"]) -> str | None:
    """The label that holds users' e-mails or mobiles: that of `reach` in the settings, else the first declared so."""
    channel = getattr(app.settings.reach, kind)
    if channel is not None and channel.address is not None:
        return str(channel.address)
    declared = (d for d in app.vocabulary.labels if d.personal == kind and d.type == "string")
    return next((d.code for d in declared), None)


def people_of(app: App, region: str | None) -> People:
    """The app's users of today, as lists find them. Mobiles that name no country are of `region`."""
    evaluator = app.evaluator()
    labels = [address_label(app, "email"), address_label(app, "mobile")]
    found = contacts(evaluator, evaluator.base(app.as_of), labels, app.as_of)
    columns = {name: found[name].combine_chunks() for name in found.column_names}
    return People.of(
        columns["user_no"].to_numpy(),
        columns["uid"],
        columns["c0"] if labels[0] else None,
        columns["c1"] if labels[1] else None,
        region,
    )


def imported(app: App, name: str) -> Definition:
    """The imported list of this name or id. Raises NotFound, or SegkitError for a segment that has a rule."""
    definition = app.definitions()[name]
    if definition.kind != "imported":
        raise SegkitError(f"‘{definition.name}’ is a {definition.kind} segment, not an imported list")
    return definition


def not_kept(name: str) -> NotFound:
    """What to say of a list without rows."""
    return NotFound(f"‘{name}’ has no rows in this workspace; import its file again with `--into`")
