"""Everything that an app knows of one user, asked of the app."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, cast

from segkit.analysis.person import DayOfEvents, Known, Membership, Profile, Timeline
from segkit.analysis.showing import day_text, value_text, without_addresses
from segkit.api.analysing.explaining import shown_row
from segkit.api.looking import put_on_record
from segkit.api.whom import person
from segkit.definitions.conditions import Label
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.engine.one_user import OneUser, Stay
from segkit.errors import Damaged, NotFound, SegkitError
from segkit.masking import masked
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App, Day
    from segkit.api.definitions import Definition
    from segkit.store.records import Snapshot


class Profiling:
    """The part of an app that tells of one user."""

    def profile(
        self, who: str, as_of: Day = None, *, days: int = 7, before: Day = None, unmask: bool = False
    ) -> Profile:
        """A user, found by uid, account, e-mail or mobile: labels since when, linked items, events by day, segments.

        Shows `days` days with events, the newest first, or those before a day. Segments are those that were published,
        never imported lists. Personal data is masked unless `unmask`, which is recorded. Raises NotFound for somebody
        unknown or erased, SegkitError where several users have the address.
        """
        app = cast("App", self)
        if days < 1:
            raise SegkitError(f"days {days}: expected how many days with events to show, at least 1")
        day = app.day(as_of)
        app.require_history(day)
        found = person(app, who, day)
        derived = [Label(label=each.code, op="not_empty") for each in app.vocabulary.labels if each.from_events]
        user = OneUser(app.evaluator(), day, found.user_no, found.uid, derived)
        personal: set[str] = set() if found.shown == found.uid else {"uid"}
        labels = tuple(_labels(app, user, personal, unmask))
        timeline = _timeline(app, user, days, app.day(before) if before else day, personal, unmask)
        damaged: list[str] = []
        memberships = tuple(_memberships(app, user, damaged))
        if unmask and personal:
            put_on_record(app, None, sorted(personal), 1, day)
        return Profile(
            uid=found.uid if unmask else found.shown, app=app.name, as_of=day, found_by=found.found_by,
            is_there=user.is_there, known=tuple(_known(user)), labels=labels, timeline=timeline,
            memberships=memberships, notes=(*app.notes(day), *damaged), is_masked=not unmask and bool(personal),
        )  # fmt: skip


def _known(user: OneUser) -> Iterator[str]:
    if not user.is_there:
        yield "no user on that day"
    for stay in user.stays:
        yield _stay_words(stay, user.as_of)


def _stay_words(stay: Stay, as_of: date) -> str:
    begin = "from the first load on" if stay.start is None else f"from {day_text(stay.start)} on"
    if stay.end is None:
        return f"a user {begin}"
    return f"a user {begin}, gone {'since' if stay.end <= as_of else 'from'} {day_text(stay.end)}"


def _labels(app: App, user: OneUser, personal: set[str], unmask: bool) -> Iterator[Known]:
    first = app.manifest.first_data_date
    for declared in app.vocabulary.labels:
        value, since = user.label(declared.code)
        if declared.personal is not None and value is not None:
            personal.add(declared.code)
            value = value if unmask else masked(value, declared.personal)
        value = value if unmask else without_addresses(value)
        text = value_text(value, declared.values, declared.unit)
        is_always = since == date.min  # of a label whose linked rows say since when they hold
        is_ever = since is not None and since <= first and declared.code not in app.manifest.whole_labels
        yield Known(
            declared.code, declared.name, declared.category, value, text,
            None if is_always else since, is_ever, _link(declared),
        )  # fmt: skip


def _link(declared: LabelDeclaration) -> str | None:
    return declared.from_link.link if declared.from_link is not None else None


# --- events ----------------------------------------------------------------------------------------------------------


def _timeline(app: App, user: OneUser, most: int, before: date, personal: set[str], unmask: bool) -> Timeline:
    every = user.days()
    wanted = [day for day, _ in every if day < before]
    shown, more = wanted[:most], len(wanted) > most
    rows = user.events_on(shown) if shown else []
    days = []
    for day in shown:
        of_day = (shown_row(app, row, [], personal, unmask) for row in rows if row.day == day)
        days.append(DayOfEvents(day, tuple(of_day)))
    return Timeline(
        len(every), sum(count for _, count in every), every[-1][0] if every else None,
        every[0][0] if every else None, tuple(days), shown[-1] if more else None,
    )  # fmt: skip


# --- segments --------------------------------------------------------------------------------------------------------


def _memberships(app: App, user: OneUser, damaged: list[str]) -> Iterator[Membership]:
    """Of each segment the run of snapshots that the user was last in; the ones they are in now come first."""
    found = []
    for definition in app.definitions().by_id.values():
        if definition.kind != "imported":
            membership = _membership(app, user, definition, damaged)
            found += [membership] if membership is not None else []
    yield from sorted(found, key=_order)


def _order(each: Membership) -> tuple[bool, int, str]:
    return each.last is not None, -(each.last or each.since).toordinal(), each.name.casefold()


def _membership(app: App, user: OneUser, definition: Definition, damaged: list[str]) -> Membership | None:
    snapshots = list(_kept(app, definition.id, user.as_of))
    newest, since, last, before = None, None, None, None
    for snapshot in snapshots:
        newest = newest or snapshot.as_of
        try:
            is_in = user.user_no in read_snapshot(app.workspace.folder, snapshot)
        except (Damaged, NotFound) as error:
            damaged.append(str(error).rstrip("."))
            break
        if is_in:
            since, last = snapshot.as_of, last or snapshot.as_of
        elif since is not None:
            before = snapshot.as_of
            break
    if newest is None or since is None or last is None:
        return None
    ended = None if last == newest else last
    return Membership(
        definition.id, definition.name, definition.kind, since, ended, newest, is_since_ever=before is None
    )


def _kept(app: App, segment_id: str, as_of: date) -> Iterator[Snapshot]:
    """The newest snapshot of each date up to as_of whose users are kept, the newest date first."""
    seen: set[date] = set()
    for snapshot in app.workspace.catalog.snapshots(app.name, segment_id):
        if snapshot.retired_at is None and snapshot.as_of <= as_of and snapshot.as_of not in seen:
            seen.add(snapshot.as_of)
            yield snapshot
