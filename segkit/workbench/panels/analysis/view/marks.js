// What the views draw with: bars of zero baseline, percentages, and the table behind each picture.

/** A share of 0 to 1; one that is not nothing is never written as nothing. */
function percentWords(part) {
  if (part === null || part === undefined) return "–";
  return part > 0 && part < 0.0005 ? `under ${oneDecimal.format(0.1)} %` : share(part, 1);
}

/** A change with its sign, the minus being a real one. */
function signedWords(count) {
  return count > 0 ? `+${grouped.format(count)}` : count < 0 ? `−${grouped.format(-count)}` : "±0";
}

function svgOf(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Parts of a bar, from the left: `[share, colour, class]`, each a share of the whole track. */
function barOf(parts, ...over) {
  const fills = parts.map(([part, colour, kind = ""]) => h("span", { class: `fill ${kind}`, style: `width:${(100 * part).toFixed(3)}%;${colour ? `background:${colour}` : ""}` }));
  return h("div", { class: "track marks", "aria-hidden": "true" }, fills, over);
}

/** The table behind a picture, to unfold. A row is a list of texts; numbers are grouped and stand at the right. */
function tableBehind(title, heads, rows) {
  const cell = (value, number) => {
    const isNumber = typeof value === "number";
    const text = isNumber ? grouped.format(value) : value ?? "–";
    return number ? h("td", { class: isNumber || /^[−+±\d–]/.test(text) ? "number" : "" }, text) : h("th", { scope: "row" }, text);
  };
  const table = h("table", { "aria-label": title },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell)))));
  return h("details", { class: "behind" }, h("summary", {}, `${title}, as a table`),
    h("div", { class: "tablebox", tabIndex: 0, role: "region", "aria-label": `${title}, as a table` }, table));
}

/** The answer in words, and what a reader must know of it. */
function wordsOf(lines, notes = []) {
  return h("div", { class: "told" },
    lines.map((line, number) => h("p", { class: number ? "" : "first" }, line)),
    notes.map((note) => h("p", { class: "note" }, `Note: ${note}.`)));
}

/** A list of what lint found, if it found something. */
function remarksOf(remarks, title) {
  if (!remarks.length) return null;
  return h("section", { class: "remarks", "aria-label": title },
    h("h4", {}, icon("note"), title),
    h("ul", {}, remarks.map((remark) => h("li", {}, remark.words, " ", h("span", { class: "note" }, remark.advice)))));
}

/** A dot in a segment's colour; the name stands beside it in words. */
function swatch(colour) {
  return h("span", { class: "swatch", "aria-hidden": "true", style: `background:${colour}` });
}

/** Draws into a box of the width that it has now, and again when that changes. `draw(width)` gives an element. */
function drawnTo(box, draw) {
  let width = 0;
  const again = () => {
    const now = Math.floor(box.clientWidth);
    if (!now || now === width) return;
    width = now;
    box.replaceChildren(draw(width));
  };
  const observer = new ResizeObserver(() => requestAnimationFrame(again));
  observer.observe(box);
  return () => observer.disconnect();
}

/** Round numbers from zero up to the most or above it. */
function ticksTo(most) {
  const rough = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough && Number.isInteger(each)) ?? Math.ceil(rough));
  return Array.from({ length: Math.ceil(Math.max(1, most) / step) + 1 }, (_, number) => number * step);
}
