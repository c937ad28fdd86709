"""segkit: user segmentation where analysts already are. Exact counts, any past date, one machine.

`segkit.open("demo").app("smart-home")` is where to begin, `segkit.init` with data of your own; rules are written with
`label`, `event`, `segment`, `sequence`, `sample`, joined with `&`, `|` and `~`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segkit.api import init
    from segkit.api import open_workspace as open
    from segkit.api.progress import progress
    from segkit.definitions.python_form import (
        all_of,
        any_of,
        condition,
        event,
        everybody,
        label,
        nobody,
        not_,
        param,
        sample,
        segment,
        sequence,
    )

__version__ = "0.1.0"
__all__ = [
    "all_of",
    "any_of",
    "condition",
    "event",
    "everybody",
    "init",
    "label",
    "nobody",
    "not_",
    "open",
    "param",
    "progress",
    "sample",
    "segment",
    "sequence",
]

_RULE_WORDS = frozenset(__all__) - {"init", "open", "progress"}


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line and the dashboards load only what they need.
    if name == "open":
        return import_module("segkit.api").open_workspace
    if name == "init":
        return import_module("segkit.api").init
    if name == "progress":
        return import_module("segkit.api.progress").progress
    if name in _RULE_WORDS:
        return getattr(import_module("segkit.definitions.python_form"), name)
    raise AttributeError(f"module 'segkit' has no attribute '{name}'")
