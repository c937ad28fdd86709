// A group of conditions as a card: how they go together, its count, its conditions, and what can be added.

const HEADS = {
  all: "of these must hold", any: "of these is enough", none: "of these may hold", notall: "of these hold", not: "This must not hold",
};

function groupCard(view, item, path, number) {
  const seen = shownAs(item);
  const isOutermost = path === "rule";
  const closed = Boolean(item._closed);
  const what = isOutermost ? "The rule" : `Group ${number + 1}`;
  const list = closed ? null : h("div", { class: "items" }, seen.items.map((child, n) => conditionOrGroup(view, child, seen.isFixed ? `${path}${seen.inner}` : `${path}${seen.inner}[${n}]`, n)));
  return h("section", {
    class: `group ${seen.group} ${isMuted(item) ? "muted" : ""} ${isOutermost ? "outermost" : ""}`, role: "group", "aria-label": what,
    "data-id": item._id, "data-path": path, "data-group": item._id, "data-number": number + 1,
  },
  h("div", { class: "head" },
    isOutermost ? null : gripOf(view, item, what),
    isOutermost ? null : iconButton(closed ? "right" : "down", closed ? "Open the group" : "Close the group", () => view.collapse(item._id), { "aria-expanded": String(!closed), "data-keep": `${item._id}|close` }),
    seen.isFixed ? null : modeChoice(view, item, seen.group), h("span", { class: "headwords" }, HEADS[seen.group]),
    closed ? h("span", { class: "plainword note" }, conditionsIn(seen.items)) : null,
    countCell(path, isMuted(item)), isOutermost ? h("div", { class: "actions" }) : actionsOf(view, item)),
  list,
  isOutermost && !seen.items.length ? h("p", { class: "empty" }, "Without a condition the rule picks everybody. Begin with what users are, such as ",
    h("b", {}, view.store.vocabulary.labels[0]?.name ?? "a label"), ", or what they did, such as ", h("b", {}, view.store.vocabulary.events[0]?.name ?? "a behaviour"), ".") : null,
  closed ? null : h("div", { class: "foot" }, seen.isFixed ? null : addButton(view, item, seen.items.length === 0 && isOutermost)));
}

function conditionsIn(items) {
  return items.length === 1 ? "1 condition" : `${items.length} conditions`;
}

function conditionOrGroup(view, item, path, number) {
  return shownAs(item).leaf ? conditionRow(view, item, path, number) : groupCard(view, item, path, number);
}

/** All, any, none: arrows choose, as in any set of radio buttons. */
function modeChoice(view, item, mode) {
  const modes = mode === "notall" ? ["all", "any", "none", "notall"] : ["all", "any", "none"];
  const choose = (chosen) => view.turn(item._id, chosen);
  const box = h("div", { class: "modes", role: "radiogroup", "aria-label": "How the conditions go together" }, modes.map((each) => h("button", {
    type: "button", role: "radio", "aria-checked": String(each === mode), tabIndex: each === mode ? 0 : -1, class: each,
    "data-keep": each === mode ? `${item._id}|mode` : `${item._id}|mode ${each}`, onclick: () => choose(each),
  }, GROUPS[each])));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey) return;
    event.preventDefault();
    choose(modes.at((modes.indexOf(mode) + step) % modes.length));
  });
  return box;
}

/** Opens the picker of everything that can be added to a group. */
function addButton(view, item, isFirst) {
  const keep = `${item._id}|add`;
  return h("button", {
    type: "button", class: isFirst ? "primary" : "add", "aria-haspopup": "dialog", "data-keep": keep, "aria-label": "Add a condition",
    onclick: () => openPicker(view.root, view.control(keep), { label: "Add a condition", options: everything(view, item._id), tabs: KINDS }),
  }, icon("plus"), "Add a condition");
}

const KINDS = [["label", "Labels"], ["event", "Behaviours"], ["segment", "Segments"], ["ready", "Ready-made"], ["structure", "Groups"]];
const aMonth = { last: 30 };

function everything(view, groupId) {
  const { store } = view;
  const put_ = (node, part = "value") => view.add(groupId, node, part);
  /** Asks for an event, and for another one as long as what it makes asks for one. */
  const ofEvent = (make, label = "Choose the behaviour") => () => openPicker(view.root, view.control(`${groupId}|add`), {
    label, options: eventOptions(store, (event) => {
      const made = make(event.code);
      if (typeof made === "function") ofEvent(made, "Choose the next step")();
      else put_(made, "grip");
    }),
  });
  const ready = (name, description, make) => ({ name, description, category: "Ready-made choices", kind: "ready", type: "choice", pick: ofEvent(make) });
  const group = (mode, name, description) => ({ name, description, category: "Groups", kind: "structure", type: "group", pick: () => put_(groupOf(mode, []), "add") });
  const first = store.vocabulary.events[0]?.code;
  return [
    ...labelOptions(store, (label) => put_({ label: label.code, ...firstComparison(store, label.type) })),
    ...eventOptions(store, (event) => put_({ event: event.code, window: aMonth })),
    ...segmentOptions(store, (segment) => put_({ segment: segment.id }, "did")),
    ready("For the first time", "First did it in the last 30 days", (event) => ({ event, measure: "first", op: "in_last", value: 30, window: { all: true } })),
    ready("Stopped", "Did it 60 to 30 days ago, and not since", (event) => ({ all: [{ event, window: { ago: [60, 30] } }, { not: { event, window: aMonth } }] })),
    ready("Came back", "Did it again in the last 7 days after a month without", (event) => ({ all: [
      { event, window: { last: 7 } }, { not: { event, window: { ago: [37, 7] } } }, { event, window: { ago: [97, 37] } }] })),
    ready("Regularly", "At least once in each of the last four weeks", (event) => ({ event, measure: "periods", every: 7, at_least: 1, op: "ge", value: 4, window: { last: 28 } })),
    group("all", "Group: all of these", "Every condition in it must hold"),
    group("any", "Group: any of these", "One of its conditions is enough"),
    group("none", "Group: none of these", "None of its conditions may hold"),
    ...(first ? [{ name: "Sequence", description: "One behaviour after the other, within so many days", category: "Behaviours in order", kind: "structure", type: "behaviour",
      pick: ofEvent((begin) => (end) => ({ sequence: [{ event: begin }, { event: end }], within: 7, window: aMonth }), "Choose the first step") }] : []),
    { name: "Sample", description: "A stable share of all users, such as a test group", category: "Sample", kind: "structure", type: "users", pick: () => put_({ sample: 10, seed: "test" }, "sample") },
  ];
}
