// What is worth knowing about the rule: of its data, of what is not complete, and what lint finds odd, the serious first.

const WEIGHTS = { bad: "Mistake", odd: "Look at it", quiet: "By the way" };

function findingsPanel(view) {
  const { store } = view;
  const list = h("ul", { class: "notes" });
  const quiet = h("ul", { class: "notes quiet" });
  const folded = h("summary", {});
  const rest = h("details", { class: "rest", hidden: true }, folded, quiet);
  const panel = h("section", { class: "worth", "aria-label": "Worth knowing" }, h("h3", {}, "Worth knowing"), h("div", { class: "scrolled", tabIndex: -1 }, list, rest));
  let shown = null;

  /** Draws anew only what changed, so that the focus stays at a finding. */
  function paint() {
    const { findings } = store;
    const notes = notesOf(view);
    panel.classList.toggle("stale", findings?.edit !== store.edit);
    const now = JSON.stringify([notes, findings?.found, findings?.message]);
    if (now === shown) return;
    shown = now;
    const found = findings?.found ?? [];
    const serious = found.filter(({ weight }) => weight !== "quiet");
    const lines = [...notes.map((text) => h("li", {}, icon("note"), h("span", {}, text))), ...serious.map((each) => findingLine(view, each))];
    if (findings?.message) lines.push(h("li", {}, icon("note"), h("span", {}, findings.message)));
    if (!lines.length) lines.push(h("li", { class: "none" }, findings ? "Nothing unusual." : "Looking at the rule…"));
    list.replaceChildren(...lines);
    const more = found.filter(({ weight }) => weight === "quiet");
    rest.hidden = !more.length;
    put(folded, more.length === 1 ? "1 more by what the data is" : `${more.length} more by what the data is`);
    quiet.replaceChildren(...more.map((each) => findingLine(view, each)));
  }
  return { panel, paint };
}

/** One finding: where it is, which a click goes to; what it is; what to do. */
function findingLine(view, { id, place, words, advice, weight }) {
  const node = id && locate(view.store.doc.rule, id)?.node;
  const name = place === "rule" || !node ? "The rule" : nameOf(view, node);
  return h("li", { class: weight }, icon("note"), h("div", {},
    h("button", { type: "button", class: "place", "aria-label": `${WEIGHTS[weight]}: ${name}. Go there`, onclick: () => goTo(view, id) }, name),
    h("div", {}, words), h("div", { class: "advice" }, advice)));
}

function nameOf(view, node) {
  const { leaf, group } = shownAs(node);
  const { labels, events, segments } = view.store;
  if (group) return `The group “${GROUPS[group] ?? "Not"}”`;
  if (leaf.label) return labels.get(leaf.label)?.name ?? leaf.label;
  if (leaf.event) return events.get(leaf.event)?.name ?? leaf.event;
  if (leaf.segment) return segments.find((each) => each.id === leaf.segment)?.name ?? leaf.segment;
  return leaf.sequence ? "The sequence" : "The sample";
}

/** The condition on the screen in which a place lies; its `_id` knows it again after it moved. */
function conditionAt(rule, place) {
  let found = rule;
  for (const [path, node] of shownConditions(rule)) if (isWithin(place, path)) found = node;
  return found._id;
}

/** Puts the focus at a condition, and opens the groups that hide it. */
function goTo(view, id) {
  const { store } = view;
  const place = id && locate(store.doc.rule, id);
  if (!place) return view.say("It is not in the rule any more");
  for (const group of place.above) group._closed = false;
  view.draw();
  const element = view.root.querySelector(`[data-id="${id}"]`);
  element.scrollIntoView({ block: "center" });
  (view.control(`${id}|grip`) ?? view.control(`${id}|mode`))?.focus({ preventScroll: true });
  element.classList.add("pointed");
  setTimeout(() => element.classList.remove("pointed"), 1500);
  return undefined;
}

/** What is said of the data and of conditions that are left out, in sentences. */
function notesOf(view) {
  const { numbers, taken } = view.store;
  const notes = (numbers.notes ?? []).map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`);
  if (taken?.left_out) notes.push(taken.left_out === 1 ? "1 condition is not complete, and is not counted." : `${taken.left_out} conditions are not complete, and are not counted.`);
  return notes;
}
