"""From what was seen and what a person has said to a proposal. Asks the data where headings alone would guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from segkit.data.proposal.declaring import declared, plain
from segkit.data.proposal.facts import Facts
from segkit.data.proposal.headings import code_of, family_of, name_of
from segkit.data.proposal.linking import derived_labels
from segkit.data.proposal.look import Look, Seen
from segkit.data.proposal.model import Proposal, ProposedColumn, ProposedDerived, ProposedEvent, ProposedTable
from segkit.data.proposal.reaching import reach_of
from segkit.data.proposal.roles import MOST_EVENTS, event_key_of, event_name_of, named_exactly, time_of, uid_of
from segkit.data.proposal.wishes import EVENTS_ROLES, LEFT_OUT, LINK_ROLES, USERS_ROLES, Wishes
from segkit.definitions.zones import zone as zone_of
from segkit.errors import DataProblem

#: A parameter is an event's own if so many rows in a thousand of that event have it.
_CARRIED = 1


@dataclass(frozen=True)
class Sources:
    """What was seen of each source."""

    users: Seen | None
    events: Seen | None
    links: dict[str, Seen]


def decide(look: Look, sources: Sources, wishes: Wishes) -> Proposal:
    """The proposal. Raises DataProblem for a column that is named and not there, or if no column can be the uid."""
    for name in (wishes.zone, wishes.event_zone):
        if name is not None:
            zone_of(name)
    events = _events_table(look, sources, wishes) if sources.events else None
    users = _users_table(look, sources, wishes) if sources.users else None
    links = tuple(_link_table(look, name, seen, users or events, wishes) for name, seen in sources.links.items())
    labels = users.declared if users else ()
    derived: list[ProposedDerived] = []
    for link in links:
        derived += derived_labels(link, [*(c.code for c in labels), *(d.code for d in derived)])
    whose = users or events
    uid = whose.named("uid") if whose else None
    return Proposal(
        wishes=wishes,
        users=users,
        events=events,
        links=links,
        event_list=_event_list(look, events) if events else (),
        derived=tuple(derived),
        reach=reach_of(labels),
        user_count=look.users(whose.seen, uid) if whose and uid else 0,
        newest_day=_newest_day(look, events, wishes),
        open=_open(wishes, users, events, links),
        notes=_notes(look, users, events, links),
    )


# --- tables ----------------------------------------------------------------------------------------------------------


def _roles(
    seen: Seen, table: str, wishes: Wishes, wanted: tuple[str, ...], found: dict[str, str | None]
) -> dict[str, str]:
    """The column of each role: as it was named, else as found; none twice."""
    named = {role: wishes.role(table, role) for role in wanted if wishes.says(table, role)}
    roles: dict[str, str] = {}
    for role, column in named.items():
        if column is not None and not column.startswith("="):
            roles[role] = seen.require(column, f"the {role} of {table}")
    for role in wanted:
        column = found.get(role)
        if role not in named and column is not None and column not in roles.values():
            roles[role] = column
    if "uid" not in roles:
        raise DataProblem(
            f"{seen.given.shown}: no column says which user; name it (--uid, --event-uid, or NAME=FILE:COLUMN of a "
            f"link). It has: {', '.join(seen.columns)}."
        )
    return roles


def _table(
    look: Look, seen: Seen, table: str, roles: dict[str, str], role: str, wishes: Wishes
) -> tuple[ProposedColumn, ...]:
    """All columns in the order of the source."""
    role_of = {column: name for name, column in roles.items()}
    others = [column for column in seen.columns if column not in role_of]
    wished = {column: wishes.of(table, column) for column in others}
    made = {column.column: column for column in declared(look, seen, others, role, wished)}
    return tuple(plain(seen.facts[name], role_of[name]) if name in role_of else made[name] for name in seen.columns)


def _facts(seen: Seen, *but: str | None) -> list[Facts]:
    return [facts for name, facts in seen.facts.items() if name not in but]


def _users_table(look: Look, sources: Sources, wishes: Wishes) -> ProposedTable:
    seen = sources.users
    assert seen is not None
    like = wishes.role("events", "uid")
    if like is None and sources.events is not None:
        like = uid_of(_facts(sources.events))
    found = {
        "uid": uid_of(_facts(seen), like if like in seen.columns else None),
        "known_from": named_exactly(_facts(seen), "known_from"),
        "gone_at": named_exactly(_facts(seen), "gone_at"),
    }
    roles = _roles(seen, "users", wishes, USERS_ROLES, found)
    return ProposedTable("users", seen, _table(look, seen, "users", roles, "label", wishes))


def _events_table(look: Look, sources: Sources, wishes: Wishes) -> ProposedTable:
    seen = sources.events
    assert seen is not None
    like = wishes.role("users", "uid")
    uid = wishes.role("events", "uid") or uid_of(_facts(seen), like)
    time = wishes.role("events", "time") or time_of(_facts(seen, uid))
    name = event_name_of(_facts(seen, uid, time), seen.rows)
    found = {"uid": uid, "time": time, "name": name, "key": event_key_of(_facts(seen, uid, time, name))}
    roles = _roles(seen, "events", wishes, EVENTS_ROLES, found)
    if "time" not in roles:
        raise DataProblem(
            f"{seen.given.shown}: no column says when an event happened; name it (--event-time). "
            f"It has: {', '.join(seen.columns)}."
        )
    constant = None
    if "name" not in roles:
        said = wishes.role("events", "name")
        constant = said[1:] if said and said.startswith("=") else code_of(seen.given.stem, (), "event").lower()
    return ProposedTable("events", seen, _table(look, seen, "events", roles, "parameter", wishes), constant)


def _link_table(look: Look, name: str, seen: Seen, whose: ProposedTable | None, wishes: Wishes) -> ProposedTable:
    like = whose.named("uid") if whose else None
    found = {
        "uid": uid_of(_facts(seen), like),
        "valid_from": named_exactly(_facts(seen), "valid_from"),
        "valid_to": named_exactly(_facts(seen), "valid_to"),
    }
    if found["valid_from"] is None:
        found["valid_to"] = None
    roles = _roles(seen, name, wishes, LINK_ROLES, found)
    return ProposedTable(name, seen, _table(look, seen, name, roles, "linked", wishes))


# --- events ----------------------------------------------------------------------------------------------------------


def _event_list(look: Look, table: ProposedTable) -> tuple[ProposedEvent, ...]:
    """The events that occur, most frequent first, each with the parameters that its rows really have."""
    uid = table.named("uid")
    assert uid is not None
    carried = [column.column for column in table.declared]
    code_by_column = {column.column: column.code for column in table.declared}
    name = table.named("name")
    if name is None:
        assert table.constant is not None
        users = look.users(table.seen, uid)
        found = [(table.constant, table.seen.rows, users, [table.seen.facts[c].present for c in carried])]
    else:
        found = look.events(table.seen, name, uid, carried)[:MOST_EVENTS]
    events: list[ProposedEvent] = []
    for source_name, rows, users, present in found:
        codes = [
            code_by_column[c] for c, n in zip(carried, present, strict=True) if n * 1000 >= max(rows * _CARRIED, 1)
        ]
        code = code_of(source_name, [event.code for event in events], "event")
        events.append(
            ProposedEvent(source_name, code, name_of(source_name), family_of(source_name), tuple(codes), rows, users)
        )
    return tuple(events)


def _newest_day(look: Look, events: ProposedTable | None, wishes: Wishes) -> date | None:
    if events is None:
        return None
    time = events.named("time")
    assert time is not None
    zone = wishes.zone or "UTC"
    return look.newest_day(events.seen, time, wishes.event_zone or zone, zone)


def day_after_newest(proposal: Proposal, today: date) -> date:
    """The date to evaluate for first: the day after the newest event, at most `today`."""
    if proposal.newest_day is None:
        return today
    return min(proposal.newest_day + timedelta(days=1), today)


# --- what is open, and what a reader should know ---------------------------------------------------------------------


def _open(
    wishes: Wishes, users: ProposedTable | None, events: ProposedTable | None, links: tuple[ProposedTable, ...]
) -> tuple[str, ...]:
    tables = [table for table in (users, events, *links) if table is not None]
    found = [question for table in tables for question in table.seen.given.open]
    if events is not None and "postgres" in events.seen.given.settings and events.named("key") is None:
        found.append(
            "events: PostgreSQL is read at every load, so a column has to tell each event from all others. Give "
            "--event-key."
        )
    return (*found, *(_open_zone(tables) if wishes.zone is None else ()))


def _open_zone(tables: list[ProposedTable]) -> tuple[str, ...]:
    naive = [
        f"{table.role}.{column.column}"
        for table in tables
        for column in table.columns
        if column.role != LEFT_OUT
        and (column.facts.moment == "naive" or (column.role == "time" and table.moment == "day"))
    ]
    if not naive:
        return ()
    first = ", ".join(naive[:3]) + (" …" if naive[3:] else "")
    return (
        f"zone: {first} name{'s' if len(naive) == 1 else ''} no time zone, and which one is meant cannot be guessed. "
        "Give --zone with a name of the IANA tables, such as Europe/Berlin (and --event-zone where the events' clocks "
        "are others, such as UTC).",
    )


def _notes(
    look: Look, users: ProposedTable | None, events: ProposedTable | None, links: tuple[ProposedTable, ...]
) -> tuple[str, ...]:
    tables = [table for table in (users, events, *links) if table is not None]
    whose: dict[str, list[str]] = {}
    for table in tables:
        for note in (*table.seen.given.notes, *table.seen.notes):
            whose.setdefault(note, []).append(table.role)
    found = [f"{', '.join(roles)}: {note}" for note, roles in whose.items()]
    for table in tables:
        uid = table.in_role("uid")
        if uid is not None and uid.facts.missing:
            found.append(
                f"{table.role}: {uid.facts.missing:,} of {table.seen.rows:,} rows have no {uid.column}; refused"
            )
        if not table.seen.is_whole:
            found.append(f"{table.role}: {table.seen.rows:,} of {table.seen.total:,} rows were looked at")
    if users is not None:
        found += _of_users(look, users, events)
    if events is not None and events.named("key") is None:
        found.append("events: no column tells one event from another, so a file that changes cannot be read again by "
                     "itself; put new events into new files")  # fmt: skip
    return tuple(found)


def _of_users(look: Look, users: ProposedTable, events: ProposedTable | None) -> list[str]:
    uid = users.in_role("uid")
    assert uid is not None
    found = []
    if not uid.facts.is_unique and users.seen.rows and len(users.seen.given.files) <= 1:
        found.append(f"users: {uid.column} is not unique; of several rows of a user one counts")
    theirs = events.named("uid") if events else None
    if events is not None and theirs is not None:
        known = look.share_known(events.seen, theirs, users.seen, uid.column)
        if known < 1:
            found.append(
                f"events: {1 - known:.0%} of their users are not in the table of users; their events are kept aside"
            )
    return found
