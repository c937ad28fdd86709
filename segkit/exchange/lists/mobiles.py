"""The normal form of a mobile number: E.164, by phonenumbers; a number without a country is of the default region.

Plain numbers (digits in groups) are judged by the library's own patterns for the country, joined and compiled once; the
rest by the library. What the short way takes, the library takes too, in the same form, which a test holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
import pyarrow as pa
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from segkit.errors import SegkitError, nearest

_PLAIN = re.compile(r"\+?[0-9]+(?:[ -][0-9]+)*", re.ASCII)
_GROUPED = str.maketrans("", "", " -")
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


def mobile_forms(distinct: pa.Array, region: str | None) -> pa.Array:
    """The normal form of each text (large_string), null where it is malformed."""
    plain = plain_form(region)
    found = [plain(text) or mobile_form(text, region) for text in distinct.to_pylist()]
    return pa.array(found, pa.large_string())


def plain_form(region: str | None) -> Callable[[str], str | None]:
    """A function that gives the normal form of a plain number; None for whatever it does not know to be one."""
    national = _national(region) if region else None

    def form(text: str) -> str | None:
        if not _PLAIN.fullmatch(text):
            return None
        digits = text.translate(_GROUPED)
        if digits[0] == "+":
            return _international(digits)
        return national(digits) if national else None

    return form


def _international(number: str) -> str | None:
    for length in (1, 2, 3):
        country = _country(number[1 : 1 + length])
        if country is not None:
            rest = number[1 + length :]
            return number if not country.has_prefix(rest) and country.takes(rest) else None
    return None


def _national(region: str) -> Callable[[str], str | None]:
    metadata: Any = PhoneMetadata.metadata_for_region(region, None)
    code = str(metadata.country_code)
    country = _country(code)
    kinds = _Kinds.of(metadata)
    abroad = _starts(metadata.international_prefix)
    prefix = _simple_prefix(metadata)
    general = re.compile(metadata.general_desc.national_number_pattern)

    def form(digits: str) -> str | None:
        if country is None or prefix is None or abroad(digits):
            return None
        if digits.startswith(code):  # perhaps only the plus is lost
            rest = digits[len(code) :]
            if prefix(rest) or country.has_prefix(rest) or general.fullmatch(digits):
                return None
        else:
            rest = digits[prefix(digits) :]
        return f"+{code}{rest}" if kinds.takes(rest) and country.takes(rest) else None

    return form


def _simple_prefix(metadata: Any) -> Callable[[str], int] | None:
    """How many digits at the start are only for dialling inside the country; None where that is not simple to say."""
    pattern = metadata.national_prefix_for_parsing
    if not pattern:
        return lambda digits: 0
    compiled = re.compile(pattern)
    if metadata.national_prefix_transform_rule or compiled.groups:
        return None
    return lambda digits: found.end() if (found := compiled.match(digits)) else 0


def _starts(pattern: str | None) -> Callable[[str], bool]:
    if not pattern:
        return lambda digits: False
    compiled = re.compile(pattern)
    return lambda digits: compiled.match(digits) is not None


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The numbers of one region: of each length, those that are of any kind."""

    patterns: dict[int, tuple[re.Pattern[str], re.Pattern[str]]]
    leading: re.Pattern[str] | None

    @classmethod
    def of(cls, metadata: Any) -> _Kinds:
        kinds = [*_KINDS] if metadata.same_mobile_and_fixed_line_pattern else [*_KINDS, "mobile"]
        general, described = metadata.general_desc, [getattr(metadata, kind) for kind in kinds]
        found = {}
        for length in _LENGTHS:
            patterns = [one.national_number_pattern for one in described if _has(one, length)]
            if patterns and _has(general, length):
                whole = re.compile(general.national_number_pattern)
                found[length] = whole, re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
        return cls(found, re.compile(metadata.leading_digits) if metadata.leading_digits else None)

    def takes(self, number: str) -> bool:
        patterns = self.patterns.get(len(number))
        if patterns is None or number[0] == "0":  # leading zeros that belong to a number are for the library
            return False
        return patterns[0].fullmatch(number) is not None and patterns[1].fullmatch(number) is not None


def _has(described: Any, length: int) -> bool:
    if described is None or described.national_number_pattern is None:
        return False
    lengths = described.possible_length
    return not lengths or length in lengths


@dataclass(frozen=True, slots=True)
class _Country:
    """The numbers behind one country calling code, which several regions may share."""

    regions: tuple[_Kinds, ...]
    has_prefix: Callable[[str], bool]

    def takes(self, number: str) -> bool:
        """Whether the region that the number is of has it; the library asks the regions in this order."""
        for region in self.regions:
            if region.leading is not None:
                if region.leading.match(number):
                    return region.takes(number)
            elif region.takes(number):
                return True
        return False


@lru_cache(maxsize=2_000)
def _country(code: str) -> _Country | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdigit() and code[0] != "0" else None
    if not regions:
        return None
    described: list[Any] = [PhoneMetadata.metadata_for_region_or_calling_code(int(code), region) for region in regions]
    kinds = tuple(_Kinds.of(metadata) for metadata in described)
    return _Country(kinds, _starts(described[0].national_prefix_for_parsing))
