"""The demo workspace: sample data written, loaded, its segments saved, one night run."""

from __future__ import annotations

from pathlib import Path

from segkit.api import App, Workspace, open_workspace
from segkit.data import demo
from segkit.data.demo.csv_shop import write_csv_shop
from segkit.data.settings import FILE
from segkit.definitions.documents import read_document
from segkit.errors import SegkitError
from segkit.nightly import NightReport, Tell, raise_what_failed, run_night


def make_demo(folder: Path, users: int, tell: Tell) -> NightReport:
    """Makes the demo in `folder`; in one that was made before, does what is left undone."""
    if not (folder / FILE).exists():
        if folder.exists() and any(folder.iterdir()) and not (folder / "sources").is_dir():
            raise SegkitError(f"{folder} holds other files; choose another folder, or an empty one")
        demo.write_demo(folder, users=users, progress=lambda step: tell(step, 0.0))
    workspace = open_workspace(folder)
    try:
        workspace.load(progress=tell)
        for app in workspace.apps():
            tell(f"segments of {app.name}", 0.0)
            _save_segments(workspace, app)
            tell(f"segments of {app.name}", 1.0)
        report = run_night(workspace, tell=tell)
    finally:
        workspace.close()
    raise_what_failed(report)
    return report


def make_csv_shop(folder: Path) -> str:
    """Writes a made-up shop's CSV files; what was written, in words."""
    try:
        files = write_csv_shop(folder)
    except FileExistsError as error:
        raise SegkitError(str(error)) from None
    return f"Written: {len(files)} CSV files of a made-up shop in {folder}"


def _save_segments(workspace: Workspace, app: App) -> None:
    """Saves the documents that are not saved yet; the night publishes the daily ones."""
    for path in sorted((workspace.folder / "definitions" / app.name).glob("*.yaml")):
        document = read_document(path)
        if document.name not in app.definitions():
            app.save(document, publish=document.cycle == "once")
