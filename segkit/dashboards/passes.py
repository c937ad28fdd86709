"""A visitor's pass: who asks, until when; signed with a secret that only the server and the evaluator know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from segkit.errors import Forbidden

#: A page may stay open for a day; its kernel is ended before, when nobody uses it.
LIFETIME = 24 * 60 * 60
_LONGEST = 2_000


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: the name that roles are given to, or nobody in particular."""

    name: str
    is_known: bool = False  # a proxy that holds the shared secret said so


#: Whoever comes without a proxy that can say who it is.
NOBODY = Visitor("visitor")


def write_pass(secret: bytes, visitor: Visitor, *, now: float | None = None) -> str:
    """A pass for a visitor, good for a day."""
    until = int((time.time() if now is None else now) + LIFETIME)
    body = _coded(json.dumps([visitor.name, visitor.is_known, until]).encode())
    return f"{body}.{_signature(secret, body)}"


def read_pass(secret: bytes, text: object, *, now: float | None = None) -> Visitor:
    """The visitor of a pass. Raises Forbidden for one that this secret did not sign, and for one that is over."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise Forbidden("this page has no pass; load it again")
    body, _, signature = text.partition(".")
    if not hmac.compare_digest(_signature(secret, body).encode(), signature.encode()):
        raise Forbidden("the pass of this page is not one of this server; load the page again")
    name, is_known, until = json.loads(base64.urlsafe_b64decode(body.encode()))
    if (time.time() if now is None else now) > until:
        raise Forbidden("this page has been open for more than a day; load it again")
    return Visitor(name, is_known)


def _signature(secret: bytes, body: str) -> str:
    return _coded(hmac.digest(secret, body.encode("utf-8", "surrogatepass"), hashlib.sha256))


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
