"""An SVG that anybody can read: it follows a light or dark page, has a title and a description, and fetches nothing.

JupyterLab shows an SVG of its own as an image, which knows nothing of the page's theme; inside HTML it takes the
theme's colours. Where there is no page, it follows what the reader's system prefers. No one colour would do: none has
a contrast of 4.5 on both white and #111.
"""

from __future__ import annotations

import hashlib
import html
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import dataclass

_SVG = "http://www.w3.org/2000/svg"
_LONG_FRACTION = re.compile(r"\d+\.\d{3,}")
_LIGHT = "svg:root{color:#1f1f1f;--segkit-muted:#616161;--segkit-line:#d5d5d5}"
_DARK = "@media (prefers-color-scheme:dark){svg:root{color:#e4e4e4;--segkit-muted:#a6a6a6;--segkit-line:#4a4a4a}}"
_SHOW_INLINE = "<style>.segkit-figure>div{display:block!important}.segkit-figure>img{display:none}</style>"
_FONTS = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"


@dataclass(frozen=True, slots=True)
class Ink:
    """A colour with a meaning: what a browser makes of it, and `plain` for a program that knows no style sheets."""

    plain: str  # different for each ink, for it is what the style sheet finds it by
    themed: str


TEXT = Ink("#747474", "var(--jp-ui-font-color1,currentColor)")
MUTED = Ink("#7a7a7a", "var(--jp-ui-font-color2,var(--segkit-muted,currentColor))")
LINE = Ink("#b0b0b0", "var(--jp-border-color2,var(--segkit-line,#b0b0b0))")
ACCENT = Ink("#2579c7", "var(--jp-brand-color1,#2579c7)")
QUIET = Ink("#8a8a8a", "var(--segkit-quiet,#8a8a8a)")
INKS = (TEXT, MUTED, LINE, ACCENT, QUIET)


def readable(svg: str, title: str, description: str) -> str:
    """The SVG with `title` and `description` for those who hear it, themed inks, and a title on each labelled mark."""
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)
    for element in list(root.iter()):
        _keep_what_shows(element)
    name = "segkit-" + hashlib.sha256(f"{title}\n{description}\n{svg}".encode()).hexdigest()[:12]
    root.set("class", "segkit-chart")
    root.set("font-family", _FONTS)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for number, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(number, element)
    style = ET.Element(f"{{{_SVG}}}style")
    style.text = _style_sheet()
    root.insert(2, style)
    return ET.tostring(root, encoding="unicode")


def figure(svg: str, title: str, behind: str) -> str:
    """HTML with a readable SVG and, under it, the HTML that is `behind` it.

    The SVG stands in the page itself. JupyterLab takes that away, and style sheets with it, from a notebook that
    somebody else has run, such as the night: then an image of it on white is seen instead.
    """
    image = b64encode(svg.replace(_DARK, "").encode()).decode()
    return (
        f'<figure class="segkit-figure" style="margin:0">{_SHOW_INLINE}<div hidden>{svg}</div>'
        f'<img alt="{html.escape(title)}" style="background:white" src="data:image/svg+xml;base64,{image}">'
        f"{behind}</figure>"
    )


def _keep_what_shows(element: ET.Element) -> None:
    """Drops what draws nothing and what a screen reader is told by the description, and digits that nobody sees."""
    for child in list(element):
        draws_nothing = child.tag == f"{{{_SVG}}}path" and child.get("class") in ("background", "foreground")
        if draws_nothing or child.get("fill") == "transparent":
            element.remove(child)
    label = element.attrib.pop("aria-label", "")
    if label and element.tag != f"{{{_SVG}}}g":
        _give_title(element, label)
    for attribute in ("aria-roledescription", "aria-hidden", "role", "class", "font-family"):
        element.attrib.pop(attribute, None)
    for attribute in ("d", "transform"):
        if attribute in element.attrib:
            rounded = _LONG_FRACTION.sub(lambda found: f"{float(found[0]):.2f}", element.attrib[attribute])
            element.set(attribute, rounded)


def _give_title(element: ET.Element, text: str) -> None:
    """What shows when the mark is pointed at. A title comes first, so what the element itself says comes behind it."""
    title = ET.Element(f"{{{_SVG}}}title")
    title.text, title.tail, element.text = text, element.text, None
    element.insert(0, title)


def _style_sheet() -> str:
    """For browsers only: a program that knows no variables would else draw in black, and no text at all."""
    inks = "".join(
        f'.segkit-chart [{attribute}="{ink.plain}"]{{{attribute}:{ink.themed}}}'
        for ink in INKS
        for attribute in ("fill", "stroke")
    )
    fonts = f".segkit-chart text{{font-family:var(--jp-ui-font-family,{_FONTS});font-variant-numeric:tabular-nums}}"
    return f"@supports (color:var(--a)){{{_LIGHT}{_DARK}.segkit-chart{{max-width:100%;height:auto}}{fonts}{inks}}}"
