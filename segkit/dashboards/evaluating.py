"""The evaluator's process: told on its input what to serve, it says when it is ready, and ends with its input.

Started by `serving.py` as `python -m segkit.dashboards.evaluating`; a server that is killed so takes it along.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from segkit.dashboards.evaluator import Evaluator

READY = "ready"


def main() -> None:
    """Serves until the input ends. The secret comes by the input, for a command line and an environment can be seen."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the server hears it too, and ends its input
    os.umask(0o077)
    told = json.loads(sys.stdin.readline())
    evaluator = Evaluator(Path(told["folder"]), bytes.fromhex(told["secret"]))
    evaluator.listen(Path(told["socket"]))
    threading.Thread(target=evaluator.serve, name="segkit pages", daemon=True).start()
    print(READY, flush=True)
    sys.stdin.read()
    os._exit(0)  # threads that evaluate hold nothing that is worth waiting for


if __name__ == "__main__":
    main()
