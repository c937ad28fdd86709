"""Executed notebooks without personal data: what a failed cell, a print or a warning may have left in their outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from segkit.masking import masked_failure, masked_text

#: Kinds of output that are no text; masking would only damage them.
_NO_TEXT = ("image/png", "image/jpeg", "application/pdf")


def scrub(path: Path) -> None:
    """Masks addresses and numbers in every output of the notebook at `path`, and what errors quote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content.get("cells", []):
        for output in cell.get("outputs", []):
            _scrub_output(output)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _scrub_output(output: dict[str, Any]) -> None:
    if output.get("output_type") == "error":
        said, shown = output["evalue"], masked_failure(output["ename"], output["evalue"])
        output["evalue"] = shown
        output["traceback"] = [_masked(line.replace(said, shown) if said else line) for line in output["traceback"]]
    if "text" in output:
        output["text"] = _masked(output["text"])
    for kind, data in output.get("data", {}).items():
        if kind not in _NO_TEXT:
            output["data"][kind] = _masked(data)


def _masked(data: Any) -> Any:
    """Text, also as the list of lines that notebooks keep, and all text in plain data."""
    if isinstance(data, str):
        return masked_text(data)
    if isinstance(data, list):
        if data and all(isinstance(item, str) for item in data):
            return masked_text("".join(data)).splitlines(keepends=True)
        return [_masked(item) for item in data]
    return {key: _masked(value) for key, value in data.items()} if isinstance(data, dict) else data
