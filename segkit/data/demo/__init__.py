"""The sample workspace: a made-up smart-home app and, where its package is installed, a real year of groceries.

Vocabularies, segments and settings are documents beside this package; here they are only copied. Loading and refreshing
what was written is the business of others.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from segkit.data.demo import grocery, smart_home
from segkit.data.demo.smart_home import FEWEST_USERS
from segkit.files.atomic import write_bytes, write_text

__all__ = ["FEWEST_USERS", "grocery", "smart_home", "write_demo"]

_SETTINGS = "segkit.toml"
_VOCABULARY = ("labels.yaml", "events.yaml")


def write_demo(folder: Path, *, users: int = 50_000, progress: Callable[[str], None] | None = None) -> list[str]:
    """Writes `segkit.toml`, `vocabulary/`, `definitions/` and `sources/` of the sample apps; returns the apps' names.

    An earlier sample in the folder is replaced; the same arguments give the same bytes. `users` are those of the
    smart-home app. Without the package that holds the groceries there is one app only, and `progress` is told how to
    get the other. Raises FileExistsError where the folder is a workspace that is no sample, and ValueError for fewer
    than `FEWEST_USERS` users.
    """
    _refuse_other_workspaces(folder)
    apps = [smart_home.APP, grocery.APP] if grocery.available() else [smart_home.APP]
    smart_home.write(folder, users=users, progress=progress)
    if grocery.APP in apps:
        grocery.write(folder, progress=progress)
    elif progress:
        progress(grocery.HOW_TO_GET_IT)
    for app in apps:
        _copy_documents(app, folder)
    # Last, because its presence makes the folder a workspace.
    write_text(folder / _SETTINGS, _settings(apps))
    return apps


def _documents() -> Traversable:
    return resources.files("segkit.data.demo")


def _settings(apps: list[str]) -> str:
    parts = ["workspace.toml", *(f"{app}/app.toml" for app in apps), "exports.toml"]
    return "".join(_documents().joinpath(part).read_text(encoding="utf-8") for part in parts)


def _refuse_other_workspaces(folder: Path) -> None:
    settings = folder / _SETTINGS
    first_words = _settings([]).split(".", 1)[0]
    if settings.exists() and not settings.read_text(encoding="utf-8").startswith(first_words):
        raise FileExistsError(
            f"{settings}: found a workspace that is no sample; expected a new folder or an earlier sample. "
            "Name another folder."
        )


def _copy_documents(app: str, folder: Path) -> None:
    home = _documents().joinpath(app)
    for name in _VOCABULARY:
        _copy(home.joinpath(name), folder / "vocabulary" / app)
    for document in sorted(home.joinpath("segments").iterdir(), key=lambda found: found.name):
        if document.name.endswith(".yaml"):
            _copy(document, folder / "definitions" / app)


def _copy(document: Traversable, folder: Path) -> None:
    write_bytes(folder / document.name, document.read_bytes())
