"""The kernel of a page: Python's own kernel after it gave up what a page does not need.

Started by `kernels.py` as `python -m segkit.dashboards.page_kernel -f CONNECTION_FILE`.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

from segkit.dashboards.confining import confine

#: The folder that a kernel may write in; set where dashboards were told to run without confinement.
OWN_FOLDER, UNCONFINED = "SEGKIT_PAGE_FOLDER", "SEGKIT_PAGE_UNCONFINED"
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf",
    "/proc/self", "/proc/meminfo", "/proc/stat", "/proc/cpuinfo", "/sys/devices/system/cpu", "/dev/urandom",
)  # fmt: skip


def readable_paths() -> list[Path]:
    """Python, its packages, this package, and what of the system they read."""
    package = Path(__file__).resolve().parents[1]
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), str(package)]
    return [Path(each) for each in (*own, *_SYSTEM) if each]


def main() -> None:
    """Confines this process, then is an ordinary kernel."""
    own = Path(os.environ[OWN_FOLDER])
    os.environ["IPYTHONDIR"] = os.environ["TMPDIR"] = os.environ["HOME"] = str(own)
    os.chdir(own)
    if not os.environ.get(UNCONFINED):
        files = [Path(each) for each in sys.argv[1:] if each.endswith(".json")]  # how the server talks to it
        confine([*readable_paths(), *files], [own, Path("/dev/null")], [])
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize([*sys.argv[1:], "--HistoryManager.enabled=False", "--IPKernelApp.log_level=40"])
    import segkit.dashboards.showing  # before anybody waits for the page

    assert segkit.dashboards.showing
    for target in ("jupyter.widget", "jupyter.widget.control"):  # widgets are made here, never by a browser
        app.kernel.comm_manager.targets.pop(target, None)
    app.start()


if __name__ == "__main__":
    main()
