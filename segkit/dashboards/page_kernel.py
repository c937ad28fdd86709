"""The kernel of a page: Python's own kernel after it gave up what a page does not need.

Started by the kernelspec that `serving.py` writes, as `python -m segkit.dashboards.page_kernel -f CONNECTION_FILE`.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

from segkit.dashboards.confining import confine

#: Set by the server: the folder that a kernel may write in, and `:`-separated further ones that it may read.
OWN_FOLDER, READABLE = "SEGKIT_PAGE_FOLDER", "SEGKIT_PAGE_READABLE"
#: Set where dashboards were told to run without confinement.
UNCONFINED = "SEGKIT_PAGE_UNCONFINED"
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/hosts", "/etc/nsswitch.conf",
    "/etc/resolv.conf", "/proc/self", "/proc/meminfo", "/proc/stat", "/proc/cpuinfo", "/sys/devices/system/cpu",
    "/dev/urandom",
)  # fmt: skip


def readable_paths() -> list[Path]:
    """Python, its packages, this package, and what of the system they read."""
    package = Path(__file__).resolve().parents[1]
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), *sys.path[1:], str(package)]
    more = os.environ.get(READABLE, "").split(":")
    return [Path(each) for each in (*own, *more, *_SYSTEM) if each]


def main() -> None:
    """Confines this process, then is an ordinary kernel."""
    own = Path(os.environ[OWN_FOLDER])
    if not os.environ.get(UNCONFINED):
        port = os.environ.get("VOILA_APP_PORT", "")
        confine(readable_paths(), [own, Path("/dev/null")], [int(port)] if port.isdigit() else [])
    os.environ["IPYTHONDIR"] = os.environ["TMPDIR"] = str(own)
    os.chdir(own)
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
