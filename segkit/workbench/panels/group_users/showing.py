"""Labels, their values and pages of users as a view shows them: texts, and nothing that is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pandas import NaT

from segkit.analysis.showing import NO_VALUE, plain, value_text
from segkit.api.paging import MembersPage
from segkit.definitions.vocabulary import LabelDeclaration
from segkit.workbench.panels.model import Message

_FIRST_COLUMNS = 6


def labels_shown(labels: Iterable[LabelDeclaration]) -> list[Message]:
    """What there is to choose as a column, to sort and to filter by."""
    return [
        {
            "code": label.code, "name": label.name, "category": label.category, "type": label.type,
            "about": label.description, "is_personal": label.personal is not None, "is_sortable": label.type != "list",
        }
        for label in labels
    ]  # fmt: skip


def first_columns(labels: Sequence[LabelDeclaration]) -> list[str]:
    """The columns that a view begins with: the first two labels, who somebody is, and the first of each category."""
    firsts = {label.category: label.code for label in reversed(labels)}
    personal = [label.code for label in labels if label.personal is not None][:2]
    wanted = list(dict.fromkeys([*(label.code for label in labels[:2]), *personal, *reversed(firsts.values())]))
    return wanted[:_FIRST_COLUMNS]


def page_shown(found: MembersPage, labels: Sequence[LabelDeclaration]) -> Message:
    """A page: a row a user with number, uid and a text for each label."""
    columns = [_texts(found.frame[label.code].tolist(), label) for label in labels]
    uids = found.frame["uid"].tolist()
    rows = [
        {"no": number, "uid": uid, "cells": list(cells)}
        for number, uid, *cells in zip(found.user_nos, uids, *columns, strict=True)
    ]
    return {
        "rows": rows, "offset": found.offset, "total": found.total, "picked": found.picked, "base": found.base,
        "masked": list(found.masked),
    }  # fmt: skip


def value_shown(declared: LabelDeclaration, value: object, count: int) -> Message:
    """A value that a label has, and how many users have it."""
    return {"value": plain(value), "text": value_text(value, declared.values, declared.unit), "count": count}


def _texts(values: list[Any], declared: LabelDeclaration) -> list[str]:
    # A masked value is a text, whatever the label's type.
    told = (value_text(_single(each), declared.values, declared.unit) for each in values)
    return ["" if text == NO_VALUE else text for text in told]


def _single(value: Any) -> Any:
    """A value as labels have it, where pandas made an instant of a date, or an array of a list."""
    if isinstance(value, datetime):
        return None if value is NaT else value.date()
    return value.tolist() if hasattr(value, "tolist") else value
