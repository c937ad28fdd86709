"""Where an export goes once it is written: it stays in its folder, or goes to a storage, or to a web address."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segkit.errors import SegkitError
from segkit.exchange.storage import plain, store
from segkit.exchange.webhooks import Webhook

SECRET = "SEGKIT_WEBHOOK_SECRET"
_NEARLY_A_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?!//)")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that was made: what the export's record says of it."""

    key: str
    place: str
    requests: int = 0
    tries: int = 0

    def told(self) -> dict[str, Any]:
        sent = {"requests": self.requests, "tries": self.tries} if self.requests else {}
        return {"key": self.key, "place": self.place, **sent}


def is_url(target: str | None) -> bool:
    """Whether a target is elsewhere, rather than a folder here."""
    return target is not None and "://" in target


def is_webhook(target: str | None) -> bool:
    return target is not None and target.casefold().startswith(("https://", "http://"))


def check_target(target: str, format: str) -> None:
    """Raises SegkitError for what cannot be delivered there, before anything is written."""
    if _NEARLY_A_URL.match(target):
        raise SegkitError(f"target '{plain(target)}': expected a folder, or a URL such as s3://bucket/folder")
    if is_webhook(target) and format != "jsonl":
        raise SegkitError(
            f"{plain(target)} is sent JSON lines; found format {format}, expected jsonl, or profile 'webhook'"
        )


def deliver(
    path: Path,
    target: str,
    *,
    key: str,
    secret: str | None = None,
    again: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Brings a written export to a URL. `secret` is the environment variable that holds what a webhook is signed with.

    May be done again, and then `again` says so: a storage that has the file is left alone, a receiver knows a batch by
    its key. Raises SegkitError with what the other side said.
    """
    if not is_webhook(target):
        return Delivery(key, store(path, target, again=again))
    hook = Webhook(target, os.environ.get(secret or SECRET, "").encode(), wait)
    requests, tries = hook.send(path, key)
    return Delivery(key, plain(target), requests, tries)
