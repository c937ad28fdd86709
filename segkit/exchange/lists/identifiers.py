"""What points at a person in a list: an e-mail, a mobile, a uid. A column of texts as normal forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["email", "mobile", "uid"]
KINDS: tuple[Kind, ...] = ("email", "mobile", "uid")
#: What a person does not see: white space of any kind, marks without a width, controls.
_UNSEEN = "".join(
    chr(code)
    for first, last in (
        (0x00, 0x20), (0x7F, 0xA0), (0x1680, 0x1680), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x2064),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)  # fmt: skip


def trimmed(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column's texts (large_string) without what cannot be seen at either end; null where nothing else stands."""
    texts = pc.cast(column, pa.large_string())
    short = pc.utf8_trim(texts, characters=_UNSEEN)
    found = pc.if_else(pc.equal(short, ""), pa.scalar(None, pa.large_string()), short)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def forms(kind: Kind, column: pa.Array, region: str | None = None) -> pa.Array:
    """The normal form of each trimmed text; null where it is missing, or malformed.

    A mobile without a country code is of `region`. A uid is text in NFC, compared case and all.
    """
    # Their libraries are large, and most who work with a workspace import no list.
    from segkit.exchange.lists.emails import email_forms
    from segkit.exchange.lists.mobiles import mobile_forms

    judge: dict[Kind, Callable[[pa.Array], pa.Array]] = {
        "email": email_forms,
        "mobile": lambda texts: mobile_forms(texts, region),
        "uid": lambda texts: pc.utf8_normalize(texts, "NFC"),
    }
    return judge[kind](column)
