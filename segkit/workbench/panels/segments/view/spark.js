// The trend line of a row: its published counts of the last days over zero, as a small picture.

const SPARK = { width: 96, height: 24, edge: 2 };

/** `counts` are `[day, count]` in the order of the days; `lastDay` and `days` say what the whole width is. */
function sparkOf(counts, lastDay, days) {
  if (!counts.length) return h("span", { class: "note" }, "–");
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const across = (day) => SPARK.edge + (SPARK.width - 2 * SPARK.edge) * Math.min(1, Math.max(0, 1 - daysBetween(day, lastDay) / Math.max(1, days - 1)));
  const high = (count) => SPARK.height - SPARK.edge - (SPARK.height - 2 * SPARK.edge) * (count / most);
  const points = counts.map(([day, count]) => [across(day), high(count)]);
  const drawn = [svgElement("line", { class: "zero", x1: 0, x2: SPARK.width, y1: SPARK.height - 1, y2: SPARK.height - 1 })];
  if (points.length > 1) drawn.push(svgElement("polyline", { points: points.map((point) => point.map((at) => at.toFixed(1)).join(",")).join(" ") }));
  const [x, y] = points.at(-1);
  drawn.push(svgElement("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2 }));
  const made = svgElement("svg", { class: "spark", viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, role: "img", "aria-label": sparkWords(counts) }, drawn);
  const title = svgElement("title", {});
  title.textContent = sparkWords(counts);
  made.prepend(title);
  return made;
}

function sparkWords(counts) {
  const [first, last] = [counts[0], counts.at(-1)];
  if (counts.length === 1) return `${countWords(last[1])} as of ${dayWords(last[0])}`;
  return `From ${countWords(first[1])} as of ${dayWords(first[0])} to ${countWords(last[1])} as of ${dayWords(last[0])}`;
}

const daysBetween = (earlier, later) => (Date.parse(later) - Date.parse(earlier)) / 86_400_000;

function svgElement(tag, attributes, children = []) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
