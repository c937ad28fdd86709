"""What an export is asked for, beside which segments as of when: checked against the app before anything is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict

from segkit.errors import SegkitError
from segkit.exchange.delivery import check_target, is_url
from segkit.exchange.exports import Format, Profile
from segkit.exchange.platforms import Platform, platform

if TYPE_CHECKING:
    from segkit.api.app import App

Channel = Literal["email", "mobile", "push"]
CHANNELS: tuple[Channel, ...] = ("email", "mobile", "push")
_VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")
_PIECES = ("entered", "left", "control")


class ExportOptions(TypedDict, total=False):
    """What `App.export` takes by name; each is explained at `Wanted`."""

    labels: Sequence[str]
    format: Format | None
    profile: str | None
    channel: Channel | None
    columns: Mapping[str, str]
    holdout: float
    seed: str
    variants: Mapping[str, float]
    changes: bool
    max_age_days: int | None
    target: str | None
    secret: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an export is asked for.

    profile: machine, spreadsheet, or a platform. channel: only who may be reached by it now. columns: by a platform's
    column, the label that fills it. holdout: so many percent, by hash with the seed, are kept back as a control group.
    variants: the rest in named files, by percent. changes: only who entered and who left since the last such export.
    max_age_days: refused if computed longer ago. target: a folder, or a URL that it is delivered to. secret: the
    environment variable with what a webhook is signed with.
    """

    labels: Sequence[str] = ()
    format: Format | None = None
    profile: str | None = None
    channel: Channel | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    holdout: float = 0
    seed: str = ""
    variants: Mapping[str, float] = field(default_factory=dict)
    changes: bool = False
    max_age_days: int | None = None
    target: str | None = None
    secret: str | None = None

    def __post_init__(self) -> None:
        _check_draw(self)
        if self.target is not None:
            check_target(self.target, self.file_format)
        if self.platform is None and self.columns:
            raise SegkitError("`columns` fill those of a platform; expected a profile such as 'meta' with it")
        if self.platform is not None and self.format not in (None, self.platform.format):
            raise SegkitError(
                f"profile '{self.profile}' is written as {self.platform.format}, found format '{self.format}'; "
                "leave the format out"
            )

    @property
    def platform(self) -> Platform | None:
        """The platform that the profile names, if it is one."""
        return platform(self.profile) if self.profile not in (None, "machine", "spreadsheet") else None

    @property
    def file_format(self) -> Format:
        return self.platform.format if self.platform is not None else self.format or "csv"

    @property
    def file_profile(self) -> Profile | None:
        if self.platform is not None:
            return "machine"
        return "spreadsheet" if self.profile == "spreadsheet" else "machine" if self.profile == "machine" else None

    @property
    def folder(self) -> str:
        """Where its zip lies, by itself or in the workspace: one that is delivered elsewhere, too."""
        return "exports" if self.target is None or is_url(self.target) else self.target

    def told(self) -> dict[str, object]:
        """What the record says of it: what differs from an export of everything."""
        all_of_it = {
            "profile": self.profile,
            "channel": self.channel,
            "columns": dict(self.columns),
            "holdout": self.holdout,
            "seed": self.seed,
            "variants": dict(self.variants),
            "changes": self.changes,
        }
        return {key: value for key, value in all_of_it.items() if value}


def _check_draw(wanted: Wanted) -> None:
    """Raises SegkitError for shares that are none, and for a draw without a seed."""
    if not 0 <= wanted.holdout < 100 or round(wanted.holdout, 2) != wanted.holdout:
        raise SegkitError(f"holdout {wanted.holdout}: expected percent from 0 to below 100, with at most two decimals")
    if (wanted.holdout or wanted.variants) and not wanted.seed:
        raise SegkitError("a control group and variants are drawn by hash; expected a seed, such as --seed spring")
    for name, share in wanted.variants.items():
        if not _VARIANT.match(name) or name in _PIECES:
            raise SegkitError(
                f"variant '{name}': expected letters, digits, - and _, at most 32, and none of {', '.join(_PIECES)}"
            )
        if share <= 0 or round(share, 2) != share:
            raise SegkitError(f"variant '{name}' of {share} percent: expected more than 0, with at most two decimals")
    total = round(sum(wanted.variants.values()), 2)
    if wanted.variants and total != 100:
        raise SegkitError(f"the variants come to {total:g} percent of those who are not kept back; expected 100")


def parse_variants(text: str) -> dict[str, float]:
    """`A:50,B:50` as a mapping. Raises SegkitError for other text."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, colon, share = part.partition(":")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            raise SegkitError(f"variants '{part}': expected such as A:50,B:50") from None
        if not colon:
            raise SegkitError(f"variants '{part}': expected such as A:50,B:50")
    return found


def parse_columns(texts: Sequence[str]) -> dict[str, str]:
    """`fn=first_name`, a column of the platform and the label that fills it. Raises SegkitError for other text."""
    found = {}
    for text in texts:
        column, equals, label = text.partition("=")
        if not (column and equals and label):
            raise SegkitError(f"column '{text}': expected such as fn=first_name, a platform's column and a label")
        found[column.strip()] = label.strip()
    return found


def require_channel(app: App, channel: str) -> None:
    """Raises SegkitError where the settings do not say when a user can be reached by a channel."""
    if getattr(app.settings.reach, channel) is None:
        having = [name for name in CHANNELS if getattr(app.settings.reach, name) is not None]
        place = f"[apps.{app.name}.reach.{channel}]"
        raise SegkitError(
            f"app '{app.name}' does not say who can be reached by {channel}; expected {place} with `address` and "
            f"`consent` in segkit.toml. It has: {', '.join(having) or 'no channel'}."
        )
