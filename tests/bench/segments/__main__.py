"""`python -m tests.bench --size S|M|L`: makes the data, asks all sides, writes a table, a JSON file and a picture."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.segments.made import SIZES
from tests.bench.segments.report import picture, table
from tests.bench.segments.run import measure
from tests.bench.segments.sides import SIDES


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="S")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where data is made and kept; a temporary folder by default")
    parser.add_argument("--out", type=Path, help="where table, JSON and picture are written; the folder by default")
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    chosen = parser.parse_args(words)
    names = ["segkit", *(name for name in chosen.sides if name != "segkit")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = (chosen.folder or Path(temporary)) / chosen.size
        found = measure(chosen.size, folder, chosen.rounds, names, lambda text: print(text, file=sys.stderr))
        out = chosen.out or (chosen.folder or Path.cwd())
        out.mkdir(parents=True, exist_ok=True)
        (out / f"bench-{chosen.size}.json").write_text(json.dumps(found, indent=1) + "\n")
        (out / f"bench-{chosen.size}.svg").write_text(picture(found))
        (out / f"bench-{chosen.size}.md").write_text(table(found))
    print(table(found))
    return 1 if any(side["differ"] for side in found["sides"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
