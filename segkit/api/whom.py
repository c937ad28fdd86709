"""Whom somebody means by a uid, an account, an e-mail address or a mobile number."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.data.kept_out import Kind, read_kept_out
from segkit.engine.lookup import By, normal_text, uids_of, users_with
from segkit.engine.people import user_no_of
from segkit.errors import NotFound, SegkitError
from segkit.masking import masked_text

if TYPE_CHECKING:
    from segkit.api.app import App

_FEWEST_DIGITS = 5  # of a mobile number that somebody is looked for by
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Person:
    """One user of an app, and by what they were found."""

    user_no: int
    uid: str
    found_by: By

    @property
    def shown(self) -> str:
        """The uid, masked where it is an address or a number."""
        return masked_text(self.uid)


def person(app: App, who: str, as_of: date) -> Person:
    """The user who is meant: by uid, else by account, e-mail or mobile as of a date.

    Raises NotFound, and says whether such a person was erased; SegkitError where several users have the address.
    """
    text = unicodedata.normalize("NFC", who).strip()
    if not text:
        raise SegkitError("nobody was asked for; expected a uid, an account, an e-mail address or a mobile number")
    number = user_no_of(app.evaluator(), text)
    if number is not None:
        return Person(number, text, "uid")
    for by, code, normal in _ways(app, text):
        found = users_with(app.evaluator(), code, by, normal, as_of)
        if len(found) > 1:
            base = app.evaluator().base(as_of)
            found = [each for each in found if each in base] or found
        if len(found) > 1:
            raise SegkitError(_several(app, by, found, as_of))
        if found:
            return Person(found[0], uids_of(app.evaluator(), found)[0], by)
    raise NotFound(_nobody(app, text))


def all_meant(app: App, who: str, as_of: date) -> list[int]:
    """The numbers of all users who have a text as uid, account, e-mail or mobile as of a date; a whole one."""
    text = unicodedata.normalize("NFC", who).strip()
    number = user_no_of(app.evaluator(), text)
    found = set() if number is None else {number}
    for by, code, normal in _ways(app, text):
        found.update(users_with(app.evaluator(), code, by, normal, as_of))
    return sorted(found)


def _ways(app: App, text: str) -> Iterator[tuple[By, str, str]]:
    """By which kind, in which label, as which normal form somebody may be found."""
    from segkit.data.keeping_out import personal_labels

    evaluator, account = app.evaluator(), app.settings.account
    if account is not None:
        yield "account", app.vocabulary.label(account).code, text
    for kind in _kinds(text):
        normal = normal_text(evaluator, kind, text)
        for label in personal_labels(app.vocabulary, (kind,)):
            yield kind, label.code, normal
            if kind == "mobile" and normal.startswith("00"):
                yield kind, label.code, "+" + normal[2:]


def _kinds(text: str) -> Iterator[Kind]:
    if "@" in text:
        yield "email"
    elif sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and not any(map(str.isalpha, text)):
        yield "mobile"


_WORDS: dict[By, str] = {"uid": "uid", "account": "account", "email": "e-mail address", "mobile": "mobile number"}


def _several(app: App, by: By, found: list[int], as_of: date) -> str:
    named = ", ".join(map(masked_text, uids_of(app.evaluator(), found[:_MOST_NAMED])))
    more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
    return f"{len(found):,} users have this {_WORDS[by]} as of {as_of}: {named}{more}. Ask for one of them by its uid."


def _nobody(app: App, text: str) -> str:
    kept_out = read_kept_out(app.workspace.folder, app.name)
    if kept_out:
        kinds: tuple[Kind, ...] = ("uid", *_kinds(text))
        for kind in kinds:
            if kept_out.erasure_of(kind, normal_text(app.evaluator(), kind, text)) is not None:
                return f"whoever was asked for was erased from app '{app.name}'; nothing about them is kept"
    other = [*([f"account ({app.settings.account})"] if app.settings.account else []), "e-mail", "mobile"]
    ways = f"no user has it as {', '.join(other[:-1])} or {other[-1]} either"
    return (
        f"no user with the uid that was asked for in app '{app.name}', and {ways}; uids are compared as text, "
        "case and all"
    )
