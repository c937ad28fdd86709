"""What tests of the catalog make, in this process and in children of it."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

from segkit.definitions.documents import Document, parse_document

#: Runs a function of a module, with what it is given, in a child process.
Start = Callable[..., BaseProcess]


def document(name: str, **keys: Any) -> Document:
    """A document by name, and whatever else is given of it."""
    rule = {"label": "country", "op": "eq", "value": "DE"}
    return parse_document({"name": name, "rule": rule} | keys)


def wait_for(children: list[BaseProcess]) -> None:
    """Until all have ended, and well."""
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * len(children)
