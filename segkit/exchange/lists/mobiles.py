"""The normal form of a mobile number: E.164, by phonenumbers; a number without a country is of the default region.

Plain numbers (digits in groups) are judged by the library's own patterns for the country, a column at a time; the rest
by the library. What the short way takes, the library takes too, in the same form, which a test holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from segkit.errors import SegkitError, nearest

_PLAIN = r"\A\+?[0-9]+(?:[ -][0-9]+)*\z"
_KINDS = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail", "fixed_line",
)  # fmt: skip
#: E.164 has 15 digits at most; shorter than 7 is a local number.
_LENGTHS = range(7, 16)
#: The library looks no further; nothing that is longer is a number.
_LONGEST = 250


def region_code(region: str) -> str:
    """A region as the library has it, such as DE. Raises SegkitError for one that there is not."""
    code = region.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise SegkitError(
            f"region '{region}': expected the two letters of a country, such as DE or CN, which mobile numbers without "
            f"a country code are of.{nearest(code, phonenumbers.SUPPORTED_REGIONS)}"
        )
    return code


def mobile_form(text: str, region: str | None) -> str | None:
    """The normal form of one number as the library has it; None if it is malformed, or of no country."""
    if len(text) > _LONGEST:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def mobile_forms(texts: pa.Array, region: str | None) -> pa.Array:
    """The normal form of each text (large_string), null where it is malformed or missing."""
    quick = plain_forms(texts, region)
    others = pc.and_(quick.is_null(), texts.is_valid())
    rest = texts.filter(others).dictionary_encode()  # each is asked for once
    found = pa.array([mobile_form(text, region) for text in rest.dictionary.to_pylist()], pa.large_string())
    return _put(quick, others, found.take(rest.indices))


def plain_forms(texts: pa.Array, region: str | None) -> pa.Array:
    """The normal forms of the plain numbers among texts; null for whatever is not known to be one."""
    plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN), False)
    digits = pc.replace_substring(pc.replace_substring(texts.filter(plain), " ", ""), "-", "")
    is_full = pc.starts_with(digits, "+")
    found = pc.if_else(is_full, digits, None)
    found = _put(found, is_full, _international(digits.filter(is_full)))
    if region:
        is_short = pc.invert(is_full)
        found = _put(found, is_short, _national(digits.filter(is_short), region))
    return _put(pa.nulls(len(texts), pa.large_string()), plain, found)


def _put(column: pa.Array, mask: pa.Array, values: pa.Array) -> pa.Array:
    """A column with values where the mask says; often it says all or none."""
    if len(values) in (0, len(column)):
        return values if len(values) else column
    return pc.replace_with_mask(column, mask, values)


def _international(numbers: pa.Array) -> pa.Array:
    """The numbers with a plus that are valid as they stand; null for the others."""
    found = pa.nulls(len(numbers), pa.large_string())
    starts = pc.utf8_slice_codeunits(numbers, 1, 4)
    by_country: dict[str, list[str]] = {}
    for start in starts.unique().to_pylist():
        code = next((start[:length] for length in (1, 2, 3) if _country(start[:length])), None)
        if code is not None:
            by_country.setdefault(code, []).append(start)
    for code, own in by_country.items():
        country = _country(code)
        mine = pc.is_in(starts, value_set=pa.array(own, pa.large_string()))
        whole = numbers.filter(mine)
        rest = pc.utf8_slice_codeunits(whole, 1 + len(code))
        if country is not None:
            valid = pc.and_(pc.invert(_begins(rest, country.prefix)), country.takes(rest))
            found = _put(found, mine, pc.if_else(valid, whole, None))
    return found


def _national(numbers: pa.Array, region: str) -> pa.Array:
    """The full form of numbers without a plus, where they are valid in their region; null for the others."""
    metadata: Any = PhoneMetadata.metadata_for_region(region, None)
    code = str(metadata.country_code)
    country, prefix = _country(code), metadata.national_prefix_for_parsing
    is_simple = not metadata.national_prefix_transform_rule and not re.compile(prefix or "").groups
    if country is None or not is_simple:
        return pa.nulls(len(numbers), pa.large_string())
    kinds = _Kinds.of(metadata)
    # A number that begins with the country's code has perhaps only lost its plus.
    is_possible = _is(numbers, metadata.general_desc.national_number_pattern)
    is_full = pc.and_(pc.starts_with(numbers, code), pc.invert(is_possible))
    inside = pc.utf8_slice_codeunits(numbers, len(code))
    lost = pc.and_(is_full, pc.invert(pc.or_(_begins(inside, prefix), _begins(inside, country.prefix))))
    short = pc.replace_substring_regex(numbers, rf"\A(?:{prefix})", "") if prefix else numbers
    rest = pc.if_else(lost, inside, short)
    known = pc.and_(kinds.takes(rest), country.takes(rest))
    known = pc.and_(known, pc.or_(lost, pc.invert(pc.starts_with(numbers, code))))
    known = pc.and_(known, pc.invert(_begins(numbers, metadata.international_prefix)))
    country_code, nothing = (pa.scalar(text, pa.large_string()) for text in (f"+{code}", ""))
    whole = pc.binary_join_element_wise(country_code, rest, nothing)
    return pc.if_else(known, whole, None)


def _begins(texts: pa.Array, pattern: str | None) -> pa.Array:
    if not pattern:
        return pa.repeat(pa.scalar(False), len(texts))
    return pc.match_substring_regex(texts, rf"\A(?:{pattern})")


def _is(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The numbers of one region: the pattern of all, and by length the joined patterns of the kinds that there are."""

    general: str
    by_length: dict[int, str]
    leading: str | None

    @classmethod
    def of(cls, metadata: Any) -> _Kinds:
        kinds = [*_KINDS] if metadata.same_mobile_and_fixed_line_pattern else [*_KINDS, "mobile"]
        general, described = metadata.general_desc, [getattr(metadata, kind) for kind in kinds]
        found = {}
        for length in _LENGTHS:
            patterns = [one.national_number_pattern for one in described if _has(one, length)]
            if patterns and _has(general, length):
                found[length] = "|".join(f"(?:{pattern})" for pattern in dict.fromkeys(patterns))
        return cls(general.national_number_pattern or "", found, metadata.leading_digits or None)

    def takes(self, numbers: pa.Array) -> pa.Array:
        """Whether each number is one of the region; leading zeros that belong to a number are for the library."""
        lengths = pc.binary_length(numbers)
        found = _begins(numbers, None)
        for length in lengths.unique().to_pylist():
            pattern = self.by_length.get(length)
            if pattern is not None:
                of_length = numbers if len(lengths.unique()) == 1 else numbers.filter(pc.equal(lengths, length))
                taken = pc.and_(_is(of_length, pattern), _is(of_length, self.general))
                taken = pc.and_(taken, pc.invert(pc.starts_with(of_length, "0")))
                found = pc.replace_with_mask(found, pc.equal(lengths, length), taken)
        return found


def _has(described: Any, length: int) -> bool:
    if described is None or described.national_number_pattern is None:
        return False
    lengths = described.possible_length
    return not lengths or length in lengths


@dataclass(frozen=True, slots=True)
class _Country:
    """The numbers behind one country calling code, which several regions may share."""

    regions: tuple[_Kinds, ...]
    prefix: str | None

    def takes(self, numbers: pa.Array) -> pa.Array:
        """Whether the region that a number is of has it; the library asks the regions in this order."""
        found = _begins(numbers, None)
        is_open = pc.invert(found)
        for region in self.regions:
            taken = region.takes(numbers)
            decided = _begins(numbers, region.leading) if region.leading else taken
            found = pc.or_(found, pc.and_(is_open, pc.and_(decided, taken)))
            is_open = pc.and_(is_open, pc.invert(decided))
        return found


@lru_cache(maxsize=2_000)
def _country(code: str) -> _Country | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdigit() and code[0] != "0" else None
    if not regions:
        return None
    described: list[Any] = [PhoneMetadata.metadata_for_region_or_calling_code(int(code), region) for region in regions]
    return _Country(tuple(_Kinds.of(metadata) for metadata in described), described[0].national_prefix_for_parsing)
