"""An export's JSON lines to a web address: batches, each signed, each with a key by which the receiver knows it again.

A request: POST, `application/x-ndjson`, one JSON object a line. Headers: `Idempotency-Key`, the same for the same batch
sent again; `Segkit-Signature`, `sha256=` and the HMAC-SHA256 of key, a full stop and body with the shared secret in
hexadecimal digits; `Segkit-Export`, `Segkit-Segment`, `Segkit-Piece`, `Segkit-Batch` (`2/5`). The manifest goes last,
as `application/json`, with `Segkit-Batch: manifest`.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from segkit.errors import SegkitError
from segkit.exchange import manifest
from segkit.exchange.storage import plain

BATCH = 1_000
TRIES = 5
_TIMEOUT = 30.0
_LONGEST_WAIT = 60.0
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class _Request:
    headers: dict[str, str]
    body: bytes


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would make the POST a GET, or take the users elsewhere."""

    def redirect_request(self, *told: Any) -> None:
        return None


class Webhook:
    """Where to send to, and how to sign. Raises SegkitError for an address without encryption that is not here."""

    def __init__(self, url: str, secret: bytes, wait: Callable[[float], None]) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _HERE:
            raise SegkitError(f"{plain(url)}: users are sent over https only")
        if not secret:
            raise SegkitError(f"{plain(url)}: no secret to sign with; put one into the environment variable it names")
        self._url = url
        self._secret = secret
        self._wait = wait
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, path: Path, key: str) -> tuple[int, int]:
        """Sends a zip's users, then its manifest; how many requests it took with and without those tried again.

        Raises SegkitError once the receiver refuses, or does not answer after some tries; the message says how far it
        came. Sent again, the receiver knows by their keys what it has.
        """
        tries = number = 0
        for number, request in enumerate(_requests(path, key), start=1):
            tries += self._deliver(self._signed(request, key), number - 1)
        return number, tries

    def _signed(self, request: _Request, key: str) -> _Request:
        told = f"{key}\n{json.dumps(request.headers, sort_keys=True)}\n".encode()
        idempotency = hashlib.sha256(told + request.body).hexdigest()[:32]
        signature = hmac.new(self._secret, idempotency.encode() + b"." + request.body, "sha256").hexdigest()
        signed = {"Idempotency-Key": idempotency, "Segkit-Signature": f"sha256={signature}"}
        return _Request({**request.headers, **signed}, request.body)

    def _deliver(self, request: _Request, before: int) -> int:
        """Tries until the receiver takes it; how many tries it took."""
        said, wait = "", 0.0
        for tried in range(1, TRIES + 1):
            said, again = self._try(request)
            if not said:
                return tried
            if again is None:
                break
            wait = again or 2.0 ** (tried - 1)
            if tried < TRIES:
                self._wait(min(wait, _LONGEST_WAIT))
        raise SegkitError(
            f"{plain(self._url)} {said}, after {before:,} requests that it took; what is sent again has the same "
            "Idempotency-Key"
        )

    def _try(self, request: _Request) -> tuple[str, float | None]:
        """What went wrong, nothing if all went well; and how long to wait before the next try, None for no next try."""
        asked = urllib.request.Request(self._url, data=request.body, headers=request.headers, method="POST")
        try:
            with self._opener.open(asked, timeout=_TIMEOUT):
                return "", None
        except urllib.error.HTTPError as error:
            with error:
                after = error.headers.get("Retry-After", "")
                seconds = float(after) if after.isdecimal() else 0.0
                return f"answered {error.code}", seconds if error.code in _PASSING else None
        except (OSError, http.client.HTTPException) as error:
            return f"did not answer ({type(error).__name__})", 0.0


def _requests(path: Path, key: str) -> Iterator[_Request]:
    with zipfile.ZipFile(path) as archive:
        content = archive.read(manifest.FILE)
        for entry in json.loads(content)["segments"]:
            told = {"Segkit-Export": key, "Segkit-Segment": entry["id"], "Content-Type": "application/x-ndjson"}
            if "piece" in entry:
                told["Segkit-Piece"] = entry["piece"]
            batches = max(1, -(-entry["rows"] // BATCH))
            with archive.open(entry["file"]) as lines:
                for number in range(1, batches + 1):
                    body = b"".join(islice(lines, BATCH))
                    if body:
                        yield _Request({**told, "Segkit-Batch": f"{number}/{batches}"}, body)
    headers = {"Segkit-Export": key, "Content-Type": "application/json", "Segkit-Batch": "manifest"}
    yield _Request(headers, content)
