"""The workspace's settings, `segkit.toml`: apps, zones, sources and their mapping, limits, what is exported when."""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from segkit.data.dialect_settings import AS_USUAL, CsvFormat
from segkit.data.gate_settings import Gates
from segkit.data.report_settings import Notifications, ReportSettings
from segkit.data.role_settings import RoleSettings
from segkit.data.sql import parts_of_name
from segkit.definitions.strict_yaml import validated
from segkit.definitions.zones import zone as zone_of
from segkit.errors import NotFound, SegkitError, nearest

FILE = "segkit.toml"
Kind = Literal["files", "duckdb", "postgres", "query"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SIZE = re.compile(r"(\d+)\s*(MB|GB)\Z")


def bytes_of(size: str) -> int:
    """A size such as '500MB' as a number of bytes."""
    number, unit = size[:-2], size[-2:]
    return int(number) * {"MB": 10**6, "GB": 10**9}[unit]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def checked_size(text: str) -> str:
    """The text, if it is a size. Raises ValueError."""
    if not _SIZE.match(text):
        raise ValueError(f"found '{text}'; expected a size such as '500MB' or '2GB'")
    return text


class Limits(_Part):
    """What one process may use."""

    memory: str = "2GB"
    spill: str = "20GB"
    threads: Annotated[int, Field(ge=1, le=256)] = 2

    @field_validator("memory", "spill")
    @classmethod
    def _a_size(cls, text: str) -> str:
        return checked_size(text)


class EvaluationSettings(_Part):
    """How rules are evaluated. Neither changes any answer."""

    kernel: Annotated[bool, Field(description="Whether what counts is counted over coded columns, not by DuckDB.")] = (
        True
    )
    cache: Annotated[str, Field(description="What counted leaves may take on disk, an app; '0MB' keeps none.")] = "1GB"

    @field_validator("cache")
    @classmethod
    def _a_size(cls, text: str) -> str:
        return checked_size(text)


class SnapshotSettings(_Part):
    """How long the users of published segments are kept. Counts stay, and so do imported lists."""

    keep: Annotated[int, Field(ge=1, le=100_000, description="The newest dates of each segment.")] = 30
    keep_days: Annotated[int, Field(ge=0, le=100_000, description="And whatever was computed in so many days.")] = 92
    max_age_days: Annotated[
        int | None, Field(ge=0, le=100_000, description="Exports refuse what was computed longer ago.")
    ] = None


Text = Annotated[str, Field(min_length=1)]
_KINDS = {"files": "`files`", "duckdb": "`duckdb` with `table`", "postgres": "`postgres` with `table` or `query`",
          "query": "`query` with `reads`"}  # fmt: skip


class Source(_Part):
    """Where rows come from: files, a table of a DuckDB file or of PostgreSQL, or a query over files; whose they are."""

    files: Annotated[Text | None, Field(description="Parquet or CSV files: a pattern, below the workspace.")] = None
    csv: CsvFormat = AS_USUAL
    duckdb: Annotated[Text | None, Field(description="A DuckDB file, below the workspace; with `table`.")] = None
    postgres: Annotated[
        Text | None, Field(description="The environment variable that holds a PostgreSQL URL; with `table` or `query`.")
    ] = None
    table: Annotated[Text | None, Field(description="A table or view: 'orders', or 'sales.orders'.")] = None
    query: Annotated[Text | None, Field(description="SQL: DuckDB's over the files of `reads`, or PostgreSQL's.")] = None
    reads: Annotated[tuple[Text, ...], Field(strict=False, description="Patterns of the files of a `query`.")] = ()
    fingerprint: Annotated[
        Literal["state", "content"], Field(description="What tells a changed file: size and time, or its sha256.")
    ] = "state"
    uid: Annotated[str, Field(min_length=1, description="The column that says which user.")]

    @field_validator("table")
    @classmethod
    def _a_name(cls, table: str | None) -> str | None:
        if table is not None and len(parts_of_name(table)) > 2:
            raise ValueError(f"found '{table}'; expected a table, or a schema and a table")
        return table

    @property
    def kind(self) -> Kind:
        """What kind of place it is."""
        if self.query is not None and self.postgres is None:
            return "query"
        return "files" if self.files is not None else "duckdb" if self.duckdb is not None else "postgres"

    @property
    def place(self) -> str:
        """Where it reads, in words, and what tells it from others of its role."""
        if self.files is not None:
            return self.files
        if self.query is not None:
            number = hashlib.sha256(self.query.encode("utf-8")).hexdigest()[:8]
            return f"query {number} of ${self.postgres}" if self.postgres else f"query {number}"
        return f"{self.duckdb or f'${self.postgres}'}, table {self.table}"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [kind for kind in ("files", "duckdb", "postgres") if getattr(self, kind) is not None]
        if self.query is not None and self.postgres is None:
            given.append("query")
        if len(given) != 1:
            found = " and ".join(f"`{kind}`" for kind in given) or "none of them"
            raise ValueError(f"found {found}; expected exactly one of {', '.join(_KINDS.values())}")
        self._fits_its_kind(given[0])
        return self

    def _fits_its_kind(self, kind: str) -> None:
        complete = {
            "files": self.table is None,
            "duckdb": self.table is not None,
            "postgres": (self.table is None) != (self.query is None),
            "query": bool(self.reads) and self.table is None,
        }
        if not complete[kind]:
            raise ValueError(f"expected {_KINDS[kind]}, and no more of that kind")
        if self.reads and kind != "query":
            raise ValueError("`reads` goes with a `query` over files; expected none here")
        if self.csv != AS_USUAL and kind != "files":
            raise ValueError("`csv` goes with `files`; expected none here")
        if self.fingerprint == "content" and kind == "postgres":
            raise ValueError('`fingerprint = "content"` goes with files; PostgreSQL is read at every load')


class _DatedSource(Source):
    data_date: date | Literal["file"] | None = None

    @model_validator(mode="after")
    def _a_date_in_a_name_needs_files(self) -> Self:
        if self.data_date == "file" and self.files is None:
            raise ValueError('`data_date = "file"` reads it from the names of `files`; expected a day, or none')
        return self


class UsersSource(_DatedSource):
    """Where users and their labels come from: whole tables, as they were on a data date."""

    known_from: str | None = None
    gone_at: str | None = None
    absent: Literal["keep", "gone"] = "keep"
    zone: str | None = None


class EventsSource(Source):
    """Where events come from."""

    time: str
    name: Annotated[str, Field(description="A column, or a constant such as '=purchase'.")]
    key: str | None = None
    since: Annotated[
        Text | None, Field(description="PostgreSQL: a column that grows; only rows from its last value on are read.")
    ] = None
    overlap: Annotated[
        int | None, Field(ge=0, description="How far before that to read again: days (2), or whole numbers (10,000).")
    ] = None
    zone: str | None = None
    columns: dict[str, str] = Field(default_factory=dict, description="Parameter code to column.")

    @model_validator(mode="after")
    def _what_is_read_again_has_keys(self) -> Self:
        if self.since is not None and self.postgres is None:
            raise ValueError("`since` goes with `postgres`; other sources are read when they have changed")
        if self.postgres is not None and self.key is None:
            raise ValueError(
                "events of PostgreSQL are read at every load; expected `key`, a column that tells each event from all "
                "others, so that none counts twice"
            )
        return self


class LinkSource(_DatedSource):
    """A table linked to users, from which labels are derived."""

    name: Annotated[str, Field(min_length=1)]
    valid_from: str | None = None
    valid_to: str | None = None
    zone: str | None = None


class Channel(_Part):
    """When a user can be reached: the address is present and every consent is given."""

    address: str | None = None
    consent: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Reach(_Part):
    """The channels that campaigns use."""

    email: Channel | None = None
    mobile: Channel | None = None
    push: Channel | None = None


class AppSettings(_Part):
    """One app: whose users they are."""

    name: str | None = None
    zone: str
    as_of: date | None = None
    strict_history: bool = False
    keep_days: Annotated[
        int | None, Field(ge=1, le=36_500, description="How many local days of events before the data date are kept.")
    ] = None
    vocabulary: str | None = None
    account: Annotated[Text | None, Field(description="The label with the names that accounts are found by.")] = None
    users: Annotated[tuple[UsersSource, ...], Field(strict=False)] = ()
    events: Annotated[tuple[EventsSource, ...], Field(strict=False)] = ()
    links: Annotated[tuple[LinkSource, ...], Field(strict=False)] = ()
    reach: Reach = Reach()
    predefined: dict[str, int | float] = Field(default_factory=dict)
    gates: Gates | None = None

    @field_validator("zone")
    @classmethod
    def _a_known_zone(cls, name: str) -> str:
        try:
            zone_of(name)
        except SegkitError as error:
            raise ValueError(str(error)) from None
        return name

    @model_validator(mode="after")
    def _link_names_are_unique(self) -> Self:
        names = [link.name for link in self.links]
        if len(set(names)) < len(names):
            raise ValueError("two links have the same name; expected each name once")
        return self


class ExportSettings(_Part):
    """One export that is due on some days."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    app: str
    segments: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    labels: Annotated[tuple[str, ...], Field(strict=False)] = ()
    format: Literal["csv", "xlsx", "parquet", "jsonl"] | None = None
    profile: Annotated[str | None, Field(description="'machine', 'spreadsheet', or a platform such as 'meta'.")] = None
    channel: Annotated[
        Literal["email", "mobile", "push"] | None, Field(description="Only who may be reached by it on the day.")
    ] = None
    columns: dict[str, str] = Field(default_factory=dict, description="A platform's column to the label that fills it.")
    holdout: Annotated[
        int | float, Field(ge=0, lt=100, description="So many percent are kept back as a control group.")
    ] = 0
    seed: Annotated[str, Field(max_length=200, description="What control group and variants are drawn with.")] = ""
    variants: dict[str, int | float] = Field(default_factory=dict, description="The rest in files by name, in percent.")
    changes: Annotated[bool, Field(description="Only who entered and who left since the last such export.")] = False
    max_age_days: Annotated[
        int | None, Field(ge=0, le=100_000, description="What was computed longer ago is refused.")
    ] = None
    secret: Annotated[
        str | None, Field(description="The environment variable with the secret that a webhook is signed with.")
    ] = None
    days: Literal["daily"] | Annotated[tuple[Weekday, ...], Field(strict=False, min_length=1)] = "daily"
    target: Annotated[str, Field(description="A folder, or a URL: s3://…, gs://…, file://…, https://….")] = "exports"

    @property
    def folder(self) -> str:
        """Where its zips lie in the workspace: those that are delivered elsewhere, too."""
        return "exports" if "://" in self.target else self.target

    def is_due(self, as_of: date) -> bool:
        """Whether the night of `as_of` exports it."""
        return self.days == "daily" or WEEKDAYS[as_of.weekday()] in self.days


class DashboardSettings(_Part):
    """What viewers of the dashboards are told."""

    exact_counts: Annotated[
        bool, Field(description="Tell viewers of the dashboards exact counts, of however few users, for any rule.")
    ] = False


class Settings(_Part):
    """All of `segkit.toml`."""

    segkit: Literal[1]
    limits: Limits = Limits()
    evaluation: EvaluationSettings = EvaluationSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    roles: RoleSettings | None = None
    dashboards: DashboardSettings = DashboardSettings()
    gates: Gates = Gates()
    catalog: Annotated[str | None, Field(description="A database URL; the embedded SQLite by default.")] = None
    apps: Annotated[dict[str, AppSettings], Field(min_length=1)]
    exports: Annotated[tuple[ExportSettings, ...], Field(strict=False)] = ()
    reports: ReportSettings = ReportSettings()
    notifications: Notifications = ()

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        for app in self.apps:
            if not re.match(r"[a-z0-9][a-z0-9_-]{0,63}\Z", app):
                raise ValueError(f"app '{app}': expected small letters, digits, - and _, at most 64")
        for export in self.exports:
            if export.app not in self.apps:
                raise ValueError(f"export '{export.name}': no app '{export.app}'.{nearest(export.app, self.apps)}")
        names = [export.name for export in self.exports]
        if len(set(names)) < len(names):
            raise ValueError("two exports have the same name; expected each name once")
        return self

    def app(self, name: str) -> AppSettings:
        """The settings of one app. Raises NotFound with the nearest name."""
        if name not in self.apps:
            raise NotFound(f"no app '{name}'.{nearest(name, self.apps)} The workspace has: {', '.join(self.apps)}.")
        return self.apps[name]

    def gates_of(self, app: str) -> Gates:
        """What holds the publish of one app."""
        return self.gates.overridden_by(self.app(app).gates)


def read_settings(folder: Path) -> Settings:
    """The settings of the workspace in `folder`. Raises SegkitError with the file and every place that is wrong."""
    path = folder / FILE
    if not path.is_file():
        raise NotFound(f"{folder}: no {FILE} there; expected a workspace. `segkit demo DIR` makes one to look at.")
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SegkitError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SegkitError(f"{path}: {error}; expected TOML") from None
    return validated(Settings, content, str(path))


def size_in_bytes(text: str) -> int:
    """`2GB` as 2,000,000,000."""
    match = _SIZE.match(text)
    assert match is not None
    return int(match[1]) * (1_000_000 if match[2] == "MB" else 1_000_000_000)
