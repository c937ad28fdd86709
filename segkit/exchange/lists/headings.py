"""Which column of a list holds what, seen from its headings in their own spelling and order, or as a mapping says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segkit.errors import SegkitError, nearest

#: What a list may hold, in the template's order.
FIELDS = ("email", "mobile", "uid", "param1", "param2", "param3")
#: What the file of failures adds, and its import leaves out again.
FAILURE_FIELDS = ("row", "reason", "more")
_WORDS = {
    "email": (
        "email", "emailaddress", "emails", "mail", "mailaddress", "emailid", "useremail", "customeremail",
        "contactemail", "primaryemail", "emailadresse", "mailadresse", "epost", "kundenemail", "emailkunde",
        "邮箱", "电子邮箱", "邮箱地址", "电子邮件", "电子邮件地址", "邮件", "邮件地址", "用户邮箱",
        "郵箱", "電子郵件", "電郵", "信箱",
    ),
    "mobile": (
        "mobile", "mobiles", "mobilenumber", "mobileno", "mobilephone", "mobilephonenumber", "phone", "phonenumber",
        "phoneno", "telephone", "telephonenumber", "tel", "cell", "cellphone", "cellnumber", "msisdn", "sms",
        "usermobile", "userphone", "customerphone", "handy", "handynummer", "handynr", "mobil", "mobilnummer",
        "mobilnr", "mobiltelefon", "mobilfunknummer", "mobilfunk", "telefon", "telefonnummer", "telefonnr", "rufnummer",
        "手机", "手机号", "手机号码", "电话", "电话号码", "移动电话", "联系电话",
        "手機", "手機號", "手機號碼", "電話", "電話號碼", "行動電話",
    ),
    "uid": (
        "uid", "userid", "userids", "uids", "user", "userno", "usernumber", "customerid", "customerno",
        "customernumber", "clientid", "memberid", "accountid", "externalid", "id", "benutzerid", "benutzer",
        "benutzernummer", "nutzerid", "nutzer", "kundennummer", "kundennr", "kundenid", "kontonummer",
        "用户id", "用户编号", "用户标识", "用户", "会员id", "会员编号", "客户id", "客户编号",
        "用戶id", "用戶編號", "會員編號",
    ),
    "param1": ("param1", "parameter1", "params1", "p1", "参数1", "參數1", "变量1"),
    "param2": ("param2", "parameter2", "params2", "p2", "参数2", "參數2", "变量2"),
    "param3": ("param3", "parameter3", "params3", "p3", "参数3", "參數3", "变量3"),
    "row": ("row", "rownumber", "zeile", "zeilennummer", "行", "行号", "行號"),
    "more": ("morecells", "weiterezellen", "更多单元格"),
    "reason": ("reason", "failurereason", "grund", "原因", "失败原因"),
}  # fmt: skip
_FIELD_OF = {word: field for field, words in _WORDS.items() for word in words}
_PERSONAL = re.compile(r"@|\d{5}")


@dataclass(frozen=True, slots=True)
class Columns:
    """The place of each field among a file's columns, from 0, and the headings that say nothing."""

    places: dict[str, int]
    left_out: tuple[str, ...]

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Which kinds of identifier the file holds."""
        return tuple(field for field in FIELDS[:3] if field in self.places)


def field_of(heading: str) -> str | None:
    """What a heading says that its column holds; None if that is not known."""
    return _FIELD_OF.get(_folded(heading))


def _folded(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold()
    without_note = re.sub(r"\(.*?\)|\[.*?\]", "", text)
    return "".join(mark for mark in without_note if mark.isalnum())


def looks_like_headings(cells: Sequence[str | None]) -> bool:
    """Whether one of a row's cells is the heading of an identifier."""
    return any(field_of(cell) in FIELDS[:3] for cell in cells if cell)


def columns_of(
    headings: Sequence[str | None],
    mapping: Mapping[str, str] | None = None,
    own: Mapping[str, str | None] | None = None,
) -> Columns:
    """Where a file's fields are. `mapping` gives the heading of a field, and goes before what headings say; an empty
    one says that the file has no such field.

    `own` are the headings of the app's own exports: what its labels are called, and the field of those that hold
    addresses. A column of another label is no field where another column is that field.

    Raises SegkitError if there is no identifier, if two columns are the same field, or if the mapping fits nothing.
    """
    places = _mapped(headings, mapping or {})
    taken = set(places.values())
    fields = _fields_of(headings, own or {})
    for place, (heading, field) in enumerate(zip(headings, fields, strict=True)):
        if field is None or place in taken or (mapping and field in mapping):
            continue
        if field in places:
            first = headings[places[field]]
            raise SegkitError(
                f"columns {places[field] + 1} (‘{first}’) and {place + 1} (‘{heading}’) both seem to hold {field}; "
                f"rename one of them, or say which it is with a mapping, such as {field}=‘{heading}’"
            )
        places[field] = place
    if not any(field in places for field in FIELDS[:3]):
        raise SegkitError(_nothing_known(headings))
    known = set(places.values())
    others = tuple(heading for place, heading in enumerate(headings) if heading and place not in known)
    return Columns({field: places[field] for field in (*FIELDS, *FAILURE_FIELDS) if field in places}, others)


def _fields_of(headings: Sequence[str | None], own: Mapping[str, str | None]) -> list[str | None]:
    """What each heading says, or the app's label of that name."""
    fields = [(own.get(heading) or field_of(heading)) if heading else None for heading in headings]
    sure = {field for field, heading in zip(fields, headings, strict=True) if own.get(heading or "", field) == field}
    return [
        None if field in sure and own.get(heading or "", field) != field else field
        for field, heading in zip(fields, headings, strict=True)
    ]


def _mapped(headings: Sequence[str | None], mapping: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    by_fold = {_folded(heading): place for place, heading in reversed(list(enumerate(headings))) if heading}
    for field, heading in mapping.items():
        if field not in FIELDS:
            raise SegkitError(
                f"mapping: no field '{field}'; expected one of {', '.join(FIELDS)}.{nearest(field, FIELDS)}"
            )
        if not heading:
            continue
        place = by_fold.get(_folded(heading))
        if place is None:
            near = nearest(heading, [one for one in headings if one])
            raise SegkitError(f"mapping: no column is headed ‘{heading}’, which is to be {field}.{near}")
        if place in places.values():
            raise SegkitError(f"mapping: column ‘{heading}’ is to be two fields; expected a column for each")
        places[field] = place
    return places


def _printable(heading: str) -> str:
    return "".join(mark if mark.isprintable() else "·" for mark in heading[:40])


def _nothing_known(headings: Sequence[str | None]) -> str:
    found = [heading for heading in headings if heading]
    expected = "expected email, mobile or uid in the first row, as in the template, or a mapping"
    if any(_PERSONAL.search(heading) for heading in found):
        return f"the first row holds values instead of headings; {expected}"
    shown = ", ".join(f"‘{_printable(heading)}’" for heading in found[:10])
    return f"no column is known to hold e-mails, mobiles or uids: found {shown or 'no headings'}; {expected}"
