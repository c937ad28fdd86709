"""A night on one page for whoever answers for it: HTML without scripts, links or fetches, light and dark, any width."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from segkit.analysis.pictures.drawing import number
from segkit.api.night_health import LoadHealth
from segkit.workbench.night_sections import attention, changes, escaped, exports, health, title_of

STYLE = """
:root{color-scheme:light dark;--text:#1f1f1f;--muted:#5c5c5c;--surface:#fff;--raised:#f5f6f8;--line:#d8dbe0;
--accent:#1a66b0;--bad:#b3261e;--warn:#8a5300;--good:#1b6e34}
@media (prefers-color-scheme:dark){:root{--text:#e6e6e6;--muted:#a9adb4;--surface:#16181c;--raised:#1f2228;
--line:#3a3f47;--accent:#6aaef0;--bad:#ff8a80;--warn:#f2b552;--good:#7fd194}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 48px;max-width:960px;background:var(--surface);color:var(--text);
font:14px/1.45 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:32px 0 8px;padding-top:16px;border-top:1px solid var(--line)}
h3{font-size:14px;margin:0 0 4px}p{margin:4px 0}.muted{color:var(--muted)}
.verdict{font-size:16px;margin:8px 0 16px;font-weight:600}
.verdict.failed,.failed .mark{color:var(--bad)}.verdict.held,.held .mark{color:var(--warn)}
.verdict.done,.accepted .mark{color:var(--good)}
.tiles{display:flex;flex-wrap:wrap;gap:8px;margin:0;padding:0}
.tiles div{flex:1 1 120px;background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:8px 12px}
.tiles dt{color:var(--muted);font-size:12px}.tiles dd{margin:0;font-size:24px;font-variant-numeric:tabular-nums}
.cards{display:grid;gap:8px}
.card{border:1px solid var(--line);border-left-width:4px;border-radius:6px;padding:8px 12px;background:var(--raised)}
.card.failed{border-left-color:var(--bad)}.card.held{border-left-color:var(--warn)}
.card.accepted{border-left-color:var(--good)}.mark{vertical-align:-3px}
table{border-collapse:collapse;width:100%}th,td{padding:6px 8px 6px 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}thead th{color:var(--muted);font-size:12px;font-weight:400}
tbody th{font-weight:400}.n{text-align:right;font-variant-numeric:tabular-nums}
.sizes td{white-space:nowrap;padding-left:12px;padding-right:0}.sizes th.n{padding-right:0}
.sizes th:first-child{width:60%}
.exports td:last-child{overflow-wrap:anywhere}
.exports th:first-child{max-width:180px;overflow-wrap:anywhere;min-width:72px}
.bar{display:block;margin-top:2px;overflow:visible}
.now{fill:var(--accent)}.before{fill:var(--text)}.missing{fill:var(--bad)}.quiet{fill:var(--line)}
figure{margin:12px 0}figcaption,.ends{color:var(--muted);font-size:12px}.days{display:block;margin-top:4px}
.ends{display:flex;justify-content:space-between;border-top:1px solid var(--line);padding-top:2px}
.rows{margin:0;padding:0;list-style:none}.rows .n{display:inline-block;min-width:56px;margin-right:8px}
details{margin:8px 0}summary{cursor:pointer;min-height:28px;padding:4px 0}
pre{white-space:pre-wrap;font-size:12px;background:var(--raised);border-radius:6px;padding:8px 12px;margin:4px 0}
code{background:var(--raised);border-radius:4px;padding:1px 4px}
footer{margin-top:32px;color:var(--muted);font-size:12px}
"""


def night_page(report: Mapping[str, Any], found: Mapping[str, LoadHealth | None], made_at: str) -> str:
    """The page of a night's report as plain data, with the health of each app's data; `made_at` is said below."""
    title = f"Night of {title_of(date.fromisoformat(day) for day in report['as_of'].values())}"
    parts = [f"<h1>{escaped(title)}</h1>", _verdict(report), _tiles(report), "<h2>Needs attention</h2>"]
    parts += [attention(report["refreshes"], report["exports"], report["failed"]), _how_to_let_through(report)]
    for app, detail in report["refreshes"].items():
        of_app = f" in {escaped(app)}" if len(report["as_of"]) > 1 else ""
        parts += [f"<h2>What changed{of_app}</h2>", changes(detail) if "segments" in detail else "<p>Nothing.</p>"]
        parts += [f'<p class="muted">Note: {escaped(note)}</p>' for note in detail.get("notes", ())]
        parts += [f"<h2>The data{of_app}</h2>", health(found.get(app), report["loads"].get(app, ()))]
    parts += ["<h2>Exports</h2>", exports(report["exports"])]
    parts.append(f"<footer>{escaped(made_at)}. Evidence: {escaped(', '.join(report['notebooks']) or 'none')}.</footer>")
    return _document(title, "\n".join(parts))


def failed_page(as_of: Mapping[str, date], reason: str, made_at: str) -> str:
    """The page of a night that ended before its report."""
    title = f"Night of {title_of(as_of.values())}"
    words = '<p class="verdict failed">The night failed. What was published before is still served.</p>'
    return _document(
        title, f"<h1>{escaped(title)}</h1>{words}{attention({}, (), [reason])}<footer>{escaped(made_at)}</footer>"
    )


def _document(title: str, body: str) -> str:
    fits = '<meta name="viewport" content="width=device-width,initial-scale=1">'
    head = f'<meta charset="utf-8">{fits}<title>{escaped(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _verdict(report: Mapping[str, Any]) -> str:
    segments = _segments(report)
    held = sum(row["status"] == "held" for row in segments)
    good = sum(row["status"] in ("published", "up to date") for row in segments)
    if report["failed"]:
        kind, words = "failed", f"Partly done: something failed. {number(good)} segments are published."
    elif report["held"]:
        kind, words = "held", f"{number(held)} of {number(held + good)} segments are held; the rest is published."
        if not good:
            words = "Nothing is published: gates hold it. What was published before is still served."
    else:
        kind, words = "done", "1 segment is published." if good == 1 else f"All {number(good)} segments are published."
    return f'<p class="verdict {kind}">{words}</p>'


def _tiles(report: Mapping[str, Any]) -> str:
    segments = _segments(report)
    grown = sum((row["change"] or 0) > 0 for row in segments)
    shrunk = sum((row["change"] or 0) < 0 for row in segments)
    tiles = [(f"Users of {app}", detail["base"]) for app, detail in report["refreshes"].items() if "base" in detail]
    tiles += [("Segments grown", grown), ("Segments shrunk", shrunk)]
    tiles += [("Held", sum(row["status"] == "held" for row in segments))]
    tiles += [("Exports made", sum(made["status"].startswith("made") for made in report["exports"]))]
    shown = "".join(f"<div><dt>{escaped(word)}</dt><dd>{number(count)}</dd></div>" for word, count in tiles)
    return f'<dl class="tiles">{shown}</dl>'


def _segments(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for detail in report["refreshes"].values() for row in detail.get("segments", ())]


def _how_to_let_through(report: Mapping[str, Any]) -> str:
    shut = [found for found in report["gates"] if not found["accepted"]]
    if not shut:
        return ""
    name = shut[0]["holds"] or shut[0]["gate"]
    return (
        f"<p class=\"muted\">Where this is right, <code>segkit nightly --accept '{escaped(name)}'</code> lets it "
        "through, on record.</p>"
    )
