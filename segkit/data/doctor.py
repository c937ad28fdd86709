"""What is wrong with an app's settings, sources, vocabulary and stored data, and what to do. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segkit.data.examining.coded import examine_coded
from segkit.data.examining.columns import examine_columns
from segkit.data.examining.finding import Examined, Finding, Severity, of_error
from segkit.data.examining.places import examine_places
from segkit.data.examining.sources import examine_sources
from segkit.data.examining.stored import examine_stored
from segkit.data.examining.versions import examine_versions
from segkit.data.examining.vocabulary import examine_vocabulary
from segkit.data.manifest import Manifest, read_manifest
from segkit.data.mapping import event_names, linked_labels, vocabulary_folder
from segkit.data.settings import Settings
from segkit.definitions.vocabulary import read_vocabulary
from segkit.errors import NotFound, SegkitError

__all__ = ["Finding", "Severity", "examine_data", "examine_workspace"]


def examine_workspace(workspace: Path, settings: Settings) -> list[Finding]:
    """What is wrong with the folder and with what is installed, whatever the app."""
    return [*examine_versions(settings), *examine_places(workspace.resolve(), settings)]


def examine_data(workspace: Path, settings: Settings, app: str, *, deep: bool = False) -> list[Finding]:
    """Everything that is wrong with one app's data. `deep` reads every stored file again and compares its sha256."""
    return list(_findings(workspace.resolve(), settings, app, deep))


def _findings(workspace: Path, settings: Settings, app: str, deep: bool) -> Iterator[Finding]:
    of_app = settings.app(app)
    try:
        vocabulary = read_vocabulary(vocabulary_folder(workspace, app, of_app))
        links = linked_labels(of_app, vocabulary)
        event_names(vocabulary)
    except SegkitError as error:
        yield from of_error(error, app, "no load and no rule can use it", "mend it in the file that is named")
        return
    manifest: Manifest | None = None
    try:
        manifest = read_manifest(workspace / "data" / app)
    except NotFound as error:
        yield Finding("note", app, str(error), "there is nobody to count yet", f"segkit load --app {app}")
    except SegkitError as error:
        yield from of_error(error, app, "nothing that is loaded can be found", f"segkit load --app {app} --rebuild")
    of = Examined(workspace, settings, app, vocabulary, links, manifest)
    yield from examine_columns(of)
    yield from examine_sources(of)
    yield from examine_vocabulary(of)
    yield from examine_stored(of, deep)
    yield from examine_coded(of, deep)
