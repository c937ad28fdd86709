// A condition as a row: grip, sentence, count, actions. What stands in the sentence depends on its kind.

const CONTROLS = {
  label: (view, item, seen, keep) => [h("span", { class: "sentence" },
    seen.negated ? word("not:", "negation") : null, labelControls(view, item, seen.leaf, keep))],
  event: behaviourControls,
  sequence: sequenceControls,
  segment: segmentControls,
  sample: sampleControls,
};

const NEGATING = { all: "notall", any: "none" };
const OPPOSITE = { ...NEGATING, notall: "all", none: "any" };

function conditionRow(view, item, path, number) {
  const seen = shownAs(item);
  const keep = item._id;
  const kind = LEAVES.find((key) => key in seen.leaf);
  return h("div", {
    class: `row ${kind} ${isMuted(item) ? "muted" : ""}`, role: "group", "aria-label": `Condition ${number + 1}`,
    "data-id": item._id, "data-path": path, "data-number": number + 1,
  },
  gripOf(view, item, `Condition ${number + 1}`),
  h("div", { class: "body" }, CONTROLS[kind](view, item, seen, keep), h("div", { class: "problem", hidden: true })),
  countCell(path, isMuted(item)), actionsOf(view, item));
}

function segmentControls(view, item, seen, keep) {
  const { leaf, negated } = seen;
  const held = view.store.segments.find((each) => each.id === leaf.segment || each.name === leaf.segment);
  const name = held?.name ?? leaf.segment;
  const told = held ? [held.count === null ? "not computed yet" : `${grouped.format(held.count)} users`, held.age, held.cycle === "once" ? "one-time" : ""].filter(Boolean).join(", ") : "is not in this app";
  return [h("span", { class: "sentence" },
    wordSelect("In or not in", [["in", "Is in segment"], ["not", "Is not in segment"]], negated ? "not" : "in", () => view.negate(item._id, `${keep}|did`), `${keep}|did`),
    subjectButton(name, `${name}, choose another segment`, keep, () => openPicker(view.root, view.control(`${keep}|subject`), {
      label: "Choose a segment", options: segmentOptions(view.store, (segment) => view.edit(item._id, (found) => { found.segment = segment.id; }, { focus: `${keep}|subject` })),
    })),
    word(told, held ? "note" : "bad"))];
}

function sampleControls(view, item, seen, keep) {
  const { leaf, negated } = seen;
  const edit = (fn, options) => view.edit(item._id, fn, options);
  const seed = h("input", { type: "text", class: "text", value: leaf.seed, maxLength: 200, "aria-label": "Seed of the sample", "data-keep": `${keep}|seed`, autocomplete: "off", spellcheck: false, style: "width:14ch" });
  seed.addEventListener("input", () => edit((found) => { found.seed = seed.value; }, { typed: `${keep}|seed` }));
  return [h("span", { class: "sentence" },
    wordSelect("In or not in", [["in", "Is in a stable sample of"], ["not", "Is not in a stable sample of"]], negated ? "not" : "in", () => view.negate(item._id, `${keep}|did`), `${keep}|did`),
    numberInput(leaf.sample, (percent) => { if (percent !== null && percent >= 0 && percent <= 100) edit((found) => { found.sample = percent; }, { typed: `${keep}|sample` }); }, `${keep}|sample`, "Percent of all users", "any"),
    word("%, seed"), seed)];
}

/** The number at the right; the total without the condition shows while one is at its row. */
function countCell(path, muted) {
  return h("div", { class: "count", "data-count": path },
    h("span", { class: "of" }, muted ? "muted" : ""), h("span", { class: "bar", "aria-hidden": "true" }, h("i", {})), h("span", { class: "without" }));
}

function gripOf(view, item, what) {
  const grip = iconButton("grip", `${what}: Alt and arrows move it, Delete removes it`, () => {}, { class: "plain grip", "data-keep": `${item._id}|grip` });
  grip.addEventListener("keydown", (event) => {
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); view.remove(item._id); }
    if (event.key === "m" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); view.mute(item._id); }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && !event.altKey) {
      event.preventDefault();
      const grips = [...view.root.querySelectorAll(".grip")];
      grips[grips.indexOf(grip) + step]?.focus();
    }
  });
  dragCondition(view, grip, item);
  return grip;
}

function actionsOf(view, item) {
  const keep = `${item._id}|more`;
  const menu = () => {
    const seen = shownAs(item);
    const place = locate(view.store.doc.rule, item._id);
    const group = place.above.at(-1);
    openMenu(view.root, view.control(keep), "Actions", [
      [item.mute ? "Count it again" : "Mute: keep it, do not count it", () => view.mute(item._id), "M"],
      ["Duplicate", () => view.duplicate(item._id)],
      seen.leaf ? [seen.negated ? "Take “not” off" : "Turn into “not”", () => view.negate(item._id, keep)] : null,
      seen.group && OPPOSITE[seen.group] ? [NEGATING[seen.group] ? "Turn into “not”" : "Take “not” off", () => view.turn(item._id, OPPOSITE[seen.group])] : null,
      ["Put into a group of its own", () => view.wrap(item._id)],
      seen.items && place.list ? ["Take its conditions out of the group", () => view.unwrap(item._id)] : null,
      ["Move up", () => view.move(item._id, "up"), "Alt ↑", !place.list || place.number === 0],
      ["Move down", () => view.move(item._id, "down"), "Alt ↓", !place.list || place.number === place.list.length - 1],
      ["Move out of the group", () => view.move(item._id, "out"), "Alt ←", !group || !locate(view.store.doc.rule, group._id).list],
      ["Move into the group above", () => view.move(item._id, "in"), "Alt →", !place.list?.[place.number - 1] || !shownAs(place.list[place.number - 1]).items],
      ["Delete", () => view.remove(item._id), "Del"],
    ]);
  };
  return h("div", { class: "actions" },
    iconButton("close", "Delete", () => view.remove(item._id), { "data-keep": `${item._id}|delete` }),
    iconButton("more", "More actions", menu, { "data-keep": keep, "aria-haspopup": "menu", "aria-expanded": "false" }));
}
