// What a segment is made of: a block a label, a bar a value, the other side as a tick, the difference in words.

const FIRST_LABELS = 6;
const SORTS = [["values", "In their order"], ["share", "Largest share first"], ["telling", "Largest difference first"]];

function compositionView(view, state, ask) {
  let labels = [];
  let sort = "values";
  let again = () => {};
  const segment = segmentSelect("Segment", state, ask);
  const against = segmentSelect("Beside", state, ask, { empty: "All users", others: true });
  const which = h("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => open() });
  const sorted = h("select", { "aria-label": "Values" }, SORTS.map(([value, text]) => h("option", { value }, text)));
  sorted.addEventListener("change", () => { sort = sorted.value; again(); });
  const paintWhich = () => which.replaceChildren(labels.length ? `${labels.length} of ${state.labels.length} labels` : `All ${state.labels.length} labels`, icon("down"));
  function open() {
    const options = state.labels.map(([id, name, group]) => ({ id, name, group, isOn: labels.includes(id) }));
    options.sort((one, other) => one.group.localeCompare(other.group));
    let waiting = null;
    pickFrom(view, which, { label: "Labels to compare by; with none chosen, all", options, onmany: (ids) => {
      labels = ids;
      paintWhich();
      clearTimeout(waiting);
      waiting = setTimeout(ask, 400);
    } });
  }
  paintWhich();
  return {
    controls: [segment.element, against.element, h("div", { class: "field" }, h("span", { class: "label" }, "Labels"), which), labelled("Values", sorted)],
    sync: () => { segment.paint(); against.paint(); },
    question: () => (segment.value ? { segment: segment.value, against: against.value === segment.value ? "" : against.value, labels } : null),
    missing: "Add a segment to see what its users are like.",
    take: (question) => { segment.value = question.segment; against.value = question.against; labels = question.labels; paintWhich(); },
    paint: (found, question) => {
      const box = h("div", { class: "blocks" });
      again = () => box.replaceChildren(...blocksOf(state, found, question, sort));
      again();
      return [wordsOf(found.words, found.notes), box, behindComposition(found)];
    },
  };
}

function blocksOf(state, found, question, sort) {
  const colour = state.colours.of(question.segment);
  const most = Math.max(0.01, ...found.labels.flatMap((label) => label.parts.flatMap((part) => [part.share, part.other_share])));
  const there = found.is_base ? "all users" : "there";
  let isWhole = false;
  const body = h("div", {});
  const more = found.labels.length > FIRST_LABELS ? button("", () => { isWhole = !isWhole; paint(); }, { class: "plain" }) : null;

  function rowOf(part) {
    const place = (value) => `${((100 * value) / most).toFixed(3)}%`;
    const [low, high] = part.interval ?? [part.share, part.share];
    const over = [
      h("span", { class: "whisker", style: `left:${place(low)};width:${place(high - low)}` }),
      h("span", { class: "base", style: `left:${place(part.other_share)}` }),
    ];
    const title = part.interval ? `95 % interval: ${percentWords(low)} to ${percentWords(high)}` : "";
    return h("tr", { class: part.is_clear ? "clear" : "", title }, h("th", { scope: "row", class: ["rest", "missing"].includes(part.kind) ? "quiet" : "" }, part.name),
      h("td", { class: "bar" }, barOf([[part.share / most, colour, part.is_clear ? "" : "unsure"]], over)),
      h("td", { class: "number strong" }, percentWords(part.share)), h("td", { class: "number" }, percentWords(part.other_share)), h("td", { class: "words" }, part.words));
  }
  function blockOf(label) {
    const by = { share: (part) => -part.share, telling: (part) => -part.telling }[sort];
    const last = (part) => ({ rest: 1, missing: 2 })[part.kind] ?? 0;
    const parts = by ? [...label.parts].sort((one, other) => last(one) - last(other) || by(one) - by(other)) : label.parts;
    const head = ["Value", "Share of users", "here", there, "here, beside them"].map((text, number) => h("th", { scope: "col", class: number === 2 || number === 3 ? "number" : "" }, text));
    return h("section", { class: "block" }, h("h4", {}, label.name, label.in_rule ? h("span", { class: "note" }, " a rule speaks of it, so a difference is no news") : null),
      h("table", { class: "shares", "aria-label": label.name }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, parts.map(rowOf))));
  }
  function paint() {
    body.replaceChildren(...(isWhole ? found.labels : found.labels.slice(0, FIRST_LABELS)).map(blockOf));
    if (more) put(more, isWhole ? `Show the ${FIRST_LABELS} most telling labels only` : `Show all ${found.labels.length} labels`);
  }
  paint();
  const key = h("p", { class: "note key" }, h("span", { class: "sample" }, h("span", { class: "fill", style: `background:${colour}` })), ` ${found.segment.name}  `,
    h("span", { class: "sample tickmark" }), ` ${found.other.name}  `, h("span", { class: "sample whiskermark" }), " 95 % interval; a pale bar: no clear difference");
  return [key, body, more].filter(Boolean);
}

function behindComposition(found) {
  const interval = (pair) => (pair ? `${percentWords(pair[0])} to ${percentWords(pair[1])}` : "–");
  const rows = found.labels.flatMap((label) => label.parts.map((part) => [`${label.name}: ${part.name}`, part.count, percentWords(part.share), interval(part.interval), part.other_count, percentWords(part.other_share), interval(part.others), part.lift === null ? "–" : part.lift.toFixed(2), part.words]));
  return tableBehind("Every value", ["Label and value", "Users", "Share", "95 % interval", "Users there", "Share there", "95 % interval there", "Lift", "In words"], rows);
}
