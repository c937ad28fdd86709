"""Whom a campaign may reach through a list: consent checked at this moment, on record. The only way out of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.api.evaluation import evaluate, reach_rules
from segkit.api.lists.finding import Channel, address_label, imported, not_kept, people_of
from segkit.api.lists.keeping import newest
from segkit.api.lists.rematching import without_erased
from segkit.engine.bitmap import Bitmap
from segkit.engine.contacts import contacts
from segkit.errors import SegkitError
from segkit.exchange.lists.kept import matched_again

if TYPE_CHECKING:
    from segkit.api.app import App

_REACH = "who can be reached"
_PARAMETERS = ("param1", "param2", "param3")
NO_CONSENT = "users who cannot be reached: no consent, no address, or not there any more"
NOT_STATED = "external addresses whose consent nobody has stated"
NOT_MAIL = "external addresses, which can be used for e-mail only"


@dataclass(frozen=True)
class Audience:
    """Who may be sent to. `table` has uid (null: external), address, param1, param2, param3; it holds personal data."""

    name: str
    channel: Channel
    users: int
    external: int
    held_back: dict[str, int]  # by reason
    table: pa.Table = field(repr=False)

    def __repr__(self) -> str:
        lines = [f"‘{self.name}’ by {self.channel}: {self.users:,} users, {self.external:,} external addresses"]
        return "\n".join([*lines, *(f"Held back {count:,}: {reason}" for reason, count in self.held_back.items())])


def audience(app: App, name: str, channel: Channel) -> Audience:
    """Who of a list can be reached by a channel now; see `App.audience`."""
    definition = imported(app, name)
    found = newest(app, definition.id)
    if found is None:
        raise not_kept(definition.name)
    version, kept = found
    rows = matched_again(without_erased(app, kept), people_of(app, None))
    users, lost = _users(app, rows, channel)
    externals, held_back = _externals(rows, channel)
    held_back = {NO_CONSENT: lost, **held_back}
    reached = Audience(
        name=definition.name,
        channel=channel,
        users=users.num_rows,
        external=externals.num_rows,
        held_back={reason: count for reason, count in held_back.items() if count},
        table=pa.concat_tables([users, externals]),
    )
    app.workspace.catalog.record_audit(
        actor=app.workspace.actor,
        at=app.workspace.clock(),
        app=app.name,
        action="audience",
        subject=definition.id,
        detail={
            "version": version.number,
            "channel": channel,
            "users": reached.users,
            "external": reached.external,
            "held_back": reached.held_back,
        },
    )
    return reached


def _users(app: App, rows: pa.Table, channel: Channel) -> tuple[pa.Table, int]:
    """The users of a list whom the channel reaches, with their own address, and how many it does not reach."""
    rule = reach_rules(app).get(channel)
    if rule is None:
        raise SegkitError(
            f"app '{app.name}' does not say who can be reached by {channel}; expected "
            f"[apps.{app.name}.reach.{channel}] in segkit.toml, with the label of the address and those of consent"
        )
    mine = rows.filter(rows["user_no"].is_valid()).combine_chunks()
    reached = evaluate(app, {_REACH: rule}, app.as_of, app.definitions())
    evaluator = reached.evaluator
    numbers = mine["user_no"].to_numpy().astype(np.int64)
    wanted = Bitmap.from_user_nos(evaluator.size, numbers[numbers < evaluator.size]) & reached.results[_REACH].members
    settings = getattr(app.settings.reach, channel)
    label = settings.address or (None if channel == "push" else address_label(app, channel))
    found = contacts(evaluator, wanted, [label], app.as_of)
    joined = mine.join(found, "user_no", join_type="inner") if found.num_rows else mine.slice(0, 0)
    uids = joined["uid"] if found.num_rows else pa.array([], pa.string())
    addresses = joined["c0"] if found.num_rows else pa.array([], pa.string())
    return _table(uids, addresses, joined), mine.num_rows - wanted.count


def _externals(rows: pa.Table, channel: Channel) -> tuple[pa.Table, dict[str, int]]:
    others = rows.filter(rows["user_no"].is_null()).combine_chunks()
    if channel != "email":
        none = others.slice(0, 0)
        return _table(pa.nulls(0, pa.string()), none["email"], none), {NOT_MAIL: others.num_rows}
    stated = others.filter(pc.fill_null(others["consented"], False)).combine_chunks()
    uids = pa.nulls(stated.num_rows, pa.string())
    return _table(uids, stated["email"], stated), {NOT_STATED: others.num_rows - stated.num_rows}


def _table(uids: pa.Array, addresses: pa.Array, rows: pa.Table) -> pa.Table:
    texts = {"uid": uids, "address": addresses, **{name: rows[name] for name in _PARAMETERS}}
    return pa.table({name: pc.cast(column, pa.large_string()) for name, column in texts.items()})
