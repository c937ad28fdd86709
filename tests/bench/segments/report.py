"""The table and the picture of one run."""

from __future__ import annotations

import html
import math
from typing import Any

from tests.bench.segments.sides import SIDES


def table(found: dict[str, Any]) -> str:
    """Markdown, ratios to segkit; preparation on its own line."""
    sides, ours = found["sides"], found["sides"]["segkit"]
    lines = [
        f"**{found['size']}**: {found['users']:,} users, {found['events']:,} events, {found['segments']} segments over "
        f"{found['leaves']} leaves, median of {found['rounds']} rounds",
        "",
        "| | wall s | CPU s | wall, times segkit's | CPU, times segkit's | peak private MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, side in sides.items():
        if side["left_out"]:
            lines.append(f"| {SIDES[name][0]} | left out: {side['left_out']} | | | | |")
            continue
        lines.append(
            f"| {SIDES[name][0]} | {side['wall']:.2f} | {side['cpu']:.2f} | {side['wall'] / ours['wall']:.1f} "
            f"| {side['cpu'] / ours['cpu']:.1f} | {side['peak'] / 1e6:,.0f} |"
        )
    prepared = "; ".join(f"{SIDES[n][0]} {s['prepared']:.0f} s" for n, s in sides.items() if not s["left_out"])
    lines += ["", f"Preparation, left out above: {prepared}."]
    opened = "; ".join(f"{SIDES[n][0]} {s['opened']:.2f} s" for n, s in sides.items() if not s["left_out"])
    lines += [f"Opening once: {opened}.", ""]
    lines += [_beside(found), ""]
    lines += ["| segkit | wall ms | CPU ms |", "|---|---:|---:|"]
    for name, spent in found["growth"].items():
        lines.append(f"| {name} | {spent['wall'] * 1000:.0f} | {spent['cpu'] * 1000:.0f} |")
    lines += ["", "| exact count of a five-leaf rule | p50 ms | p95 ms |", "|---|---:|---:|"]
    for name, spent in found["single"].items():
        lines.append(f"| {name} | {spent['p50']:.1f} | {spent['p95']:.1f} |")
    return "\n".join(lines) + "\n"


def _beside(found: dict[str, Any]) -> str:
    """What else was measured, and what was done otherwise than in the other rounds."""
    words = []
    if found["cold"]:
        cold = "; ".join(f"{SIDES[name][0]} {seconds:.2f} s" for name, seconds in found["cold"].items())
        words.append(f"With nothing in the page cache, wall: {cold}.")
    words.append(
        f"Decoding every column that the leaves need once from prepared Parquet: {found['decoding']:.2f} s wall."
    )
    few = [(name, len(side["rounds"])) for name, side in found["sides"].items() if side["rounds"]]
    fewer = "; ".join(f"{SIDES[name][0]}: {rounds}" for name, rounds in few if rounds < found["rounds"])
    return " ".join([*words, f"Asked in fewer rounds: {fewer}." if fewer else ""]).strip()


def picture(found: dict[str, Any]) -> str:
    """Bars of wall time, each twice as long for four times the seconds: a logarithm, so that all can be seen."""
    sides = {name: side for name, side in found["sides"].items() if not side["left_out"]}
    ours = sides["segkit"]["wall"]
    width, row, left = 760, 34, 330
    longest = max(math.log10(1 + side["wall"] / ours) for side in sides.values())
    parts = []
    for number, (name, side) in enumerate(sides.items()):
        y, times = 40 + number * row, side["wall"] / ours
        length = (width - left - 150) * math.log10(1 + times) / longest
        text = f"{side['wall']:.2f} s" + ("" if name == "segkit" else f", {times:.1f} times")
        parts.append(f'<text x="{left - 10}" y="{y + 15}" text-anchor="end">{html.escape(SIDES[name][0])}</text>')
        colour = "#2579c7" if name == "segkit" else "#8a8a8a"
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="20" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 8:.1f}" y="{y + 15}">{text}</text>')
    title = f"{found['segments']} segments, {found['users']:,} users, {found['events']:,} events: wall time"
    height = 50 + row * len(sides)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#747474">'
        f"<title>{title}</title>"
        f'<text x="10" y="22" font-size="14">{title} (logarithmic)</text>{"".join(parts)}</svg>\n'
    )
