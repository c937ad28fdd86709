"""The rule builder in a browser: twenty conditions until they stand there, and from the last keystroke to new numbers.

`python -m tests.bench.builder --workspace DIR` (see `segkit demo`), in a quiet moment; `--rounds N`. Times are the
browser's own; the last one includes the 150 ms of quiet that the builder waits for.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from tests.browser.building import running_bench

BROWSER = Path(__file__).resolve().parents[1] / "browser"
TOOLS = Path(__file__).resolve().parents[2] / ".tools" / "env.json"
OPENED = f"documents.read_document(pathlib.Path({str(BROWSER / 'twenty_conditions.yaml')!r}))"
#: Types a number as a person does, and gives the milliseconds until the total is that of this edit.
_TYPED = """
(number) => new Promise((done) => {
  const panel = document.querySelector(".segkit-builder");
  const numbers = panel.querySelector(".numbers");
  const input = panel.querySelector(".row.event input.number");
  const begun = performance.now();
  const seen = new MutationObserver(() => {
    if (numbers.dataset.state !== "fresh") return;
    seen.disconnect();
    done(performance.now() - begun);
  });
  input.focus();
  input.value = String(number);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  seen.observe(numbers, { attributes: true, attributeFilter: ["data-state"] });
})
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.builder", description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    chromium = json.loads(TOOLS.read_text(encoding="utf-8"))["chromium"]
    with running_bench(chosen.workspace, chromium, OPENED) as bench:
        models = bench.run("import ipywidgets.widgets.widget as w; print(len(w._instances))")
        rows = bench.panel.locator(".row").count()
        print(f"{rows} conditions: {bench.seconds:.2f} s, {bench.frames_to_open} frames, {models} models")
        took = [bench.page.evaluate(_TYPED, 2 + number) for number in range(chosen.rounds)]
    print(f"last keystroke to numbers, ms: median {statistics.median(took):.0f}, most {max(took):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
