"""The data of one size: sources that segkit loads, and the same rows prepared as each other side would want them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from segkit.data.load import load_app
from segkit.data.settings import read_settings
from tests.bench.load import FIRST, LABELS, PARAMETERS, ZONE, Size, write_day, write_users, write_workspace

DAYS = 90
AS_OF = FIRST + timedelta(days=DAYS)
SIZES = {
    "smoke": Size(2_000, 45_000, DAYS),
    "S": Size(200_000, 10_000_000, DAYS),
    "M": Size(2_000_000, 60_000_000, DAYS),
    "L": Size(10_000_000, 200_000_000, DAYS),
}


@dataclass(frozen=True)
class Made:
    """A folder with one size of data in it; what took how long is written down there once."""

    folder: Path
    size: Size

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def prepared(self) -> Path:
        return self.folder / "prepared"

    @property
    def raw_users(self) -> Path:
        return self.workspace / "sources" / "users" / f"{FIRST}.parquet"

    @property
    def raw_events(self) -> Path:
        return self.workspace / "sources" / "events"

    def once(self, name: str, work: Callable[[], object]) -> float:
        """Does something once in the life of the folder; the seconds that it took then."""
        done = self.folder / f"{name}.seconds"
        if not done.exists():
            began = time.perf_counter()
            work()
            done.write_text(str(time.perf_counter() - began))
        return float(done.read_text())

    def make(self) -> float:
        """The sources, as other systems would deliver them."""
        return self.once("sources", self._make)

    def _make(self) -> None:
        connection = duckdb.connect(config={"threads": 2})
        connection.execute("SET enable_progress_bar = false")
        write_users(connection, self.raw_users.parent, self.size.users, FIRST, 0)
        for number in range(self.size.days):
            write_day(connection, self.raw_events, self.size, number, 0)
        write_workspace(self.workspace, "4GB")
        settings = self.workspace / "segkit.toml"  # the made keys repeat: without a key every row counts, on all sides
        settings.write_text(settings.read_text().replace('key = "id"\n', ""))

    def load(self) -> float:
        """segkit's load, coded columns included."""
        settings = read_settings(self.workspace)
        return self.once("load", lambda: load_app(self.workspace, settings, "shop", today=date(2027, 1, 1)))

    def prepare_parquet(self) -> float:
        """Parquet as somebody would prepare it who knows how: numbers for uids, local days, sorted, decimals."""
        return self.once("prepared", self._prepare_parquet)

    def _prepare_parquet(self) -> None:
        self.prepared.mkdir(exist_ok=True)
        connection = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET TimeZone = '{ZONE}'")
        connection.execute(f"SET temp_directory = '{self.folder}/spill'")
        labels = ", ".join(_exact(code, type_) for code, type_ in LABELS.items() if code not in ("email", "mobile"))
        connection.execute(
            f"COPY (SELECT CAST(substr(uid, 2) AS INTEGER) AS user_no, {labels} FROM '{self.raw_users}' "
            f"ORDER BY user_no) TO '{self.prepared}/users.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )
        (self.prepared / "events").mkdir(exist_ok=True)
        parameters = ", ".join(_exact(code, type_) for code, type_ in PARAMETERS.items())
        for number in range(self.size.days):
            day = FIRST + timedelta(days=number)
            near = ", ".join(
                f"'{self.raw_events}/{day + timedelta(days=n)}.parquet'"
                for n in (-1, 0, 1) if 0 <= number + n < self.size.days
            )  # fmt: skip
            connection.execute(
                f'COPY (SELECT CAST(substr(uid, 2) AS INTEGER) AS user_no, event, "at", CAST("at" AS DATE) AS day, '
                f"{parameters} FROM read_parquet([{near}]) WHERE CAST(\"at\" AS DATE) = DATE '{day}' "
                f'ORDER BY event, user_no, "at") TO '
                f"'{self.prepared}/events/{day}.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            )


def _exact(code: str, type_: str) -> str:
    """A column as segkit stores it: exact numbers as decimals."""
    if "scale" in type_:
        return f"CAST({code} AS DECIMAL(18, {type_[-1]})) AS {code}"
    return code
