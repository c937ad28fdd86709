"""Starting JupyterLab on a workspace, with copies of the notebooks that a person may change."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from segkit.files.atomic import write_text
from segkit.workbench.notebooks import notebooks_folder

#: What would ask for news and updates outside this machine.
_DISABLED = {"@jupyterlab/apputils-extension:announcements": True}
#: What JupyterLab does until its user says otherwise: light or dark as the system is.
_DEFAULTS = {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}
FIRST = "00_start_here.ipynb"


def jupyter_command(workspace: Path, port: int, browser: bool) -> list[str]:
    """The command line that starts JupyterLab in the workspace's `notebooks/`, where copies of ours are put.

    A notebook that is already there is left as its owner has it.
    """
    folder = workspace / "notebooks"
    folder.mkdir(mode=0o700, exist_ok=True)
    for source in sorted(notebooks_folder().glob("[0-9]*.ipynb")):
        if not (folder / source.name).exists():
            shutil.copyfile(source, folder / source.name)
    os.environ["SEGKIT_WORKSPACE"] = str(workspace)
    settings = workspace / ".jupyter"
    write_text(settings / "page_config.json", json.dumps({"disabledExtensions": _DISABLED}))
    write_text(settings / "overrides.json", json.dumps(_DEFAULTS))
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--port={port}", "--ip=127.0.0.1"]
    command += [f"--LabApp.default_url=/lab/tree/{FIRST}"]
    command += [f"--LabApp.app_settings_dir={settings}"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command
