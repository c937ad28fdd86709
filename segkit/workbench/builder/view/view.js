// The whole: the head, the rule, what stands below and beside it; and how one view of a builder hears of changes.

function createView(model, el) {
  const store = storeOf(model);
  const root = h("section", { class: "segkit segkit-builder", "aria-label": "Rule builder", "data-lm-suppress-shortcuts": "true", tabIndex: -1 });
  const view = { store, root };
  const rule = h("div", { class: "rule" });
  const live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  let saying = null;
  let forced = false;
  view.isTypedIn = (input) => !forced && document.activeElement === input;

  view.say = (text) => { clearTimeout(saying); if (text) saying = setTimeout(() => put(live, text), 50); };
  view.control = (keep) => root.querySelector(`[data-keep="${CSS.escape(keep)}"]`);
  view.change = (fn, options = {}) => store.change(fn, { ...options, by: view });

  /** Changes the leaf of a condition; what is typed goes on without drawing anew. */
  view.edit = (id, fn, options = {}) => view.change((doc) => {
    const place = locate(doc.rule, id);
    return place ? fn(shownAs(place.node).leaf) : false;
  }, options);

  view.add = (groupId, node, part) => {
    tagged(node);
    view.change((doc) => putIn(doc, groupId, node), { focus: `${node._id}|${part}`, say: "Added" });
    const control = view.control(`${node._id}|${part}`);
    if (control?.getAttribute("role") === "combobox") control.click(); // its values open at once
  };
  view.remove = (id) => {
    const order = [...root.querySelectorAll(".row, .group")].map((each) => each.dataset.id);
    const gone = root.querySelector(`[data-id="${id}"]`);
    const next = [...root.querySelectorAll(".row, .group")].find((each) => order.indexOf(each.dataset.id) > order.indexOf(id) && !gone.contains(each));
    const focus = next ? `${next.dataset.id}|grip` : `${gone.parentElement.closest("[data-group]")?.dataset.group}|add`;
    view.change((doc) => { takeOut(doc, id); }, { focus, say: "Deleted; Ctrl+Z brings it back" });
  };
  view.mute = (id) => view.change((doc) => {
    const { node } = locate(doc.rule, id);
    const was = isMuted(node);
    unmute(node);
    if (!was) node.mute = true;
  }, { focus: `${id}|grip`, say: "Muted, or counted again" });
  view.duplicate = (id) => view.change((doc) => {
    const place = locate(doc.rule, id);
    const copy = tagged(clone(place.node), true);
    if (place.list) place.list.splice(place.number + 1, 0, copy);
    else outermost(doc).push(copy);
  }, { focus: `${id}|grip`, say: "Duplicated" });
  view.negate = (id, focus) => view.change((doc) => {
    const { node } = locate(doc.rule, id);
    const seen = shownAs(node);
    const kept = { _id: node._id, ...(node.mute ? { mute: true } : {}) };
    const { _id, mute, ...bare } = seen.leaf;
    become(node, seen.negated ? { ...bare, ...kept, ...(mute ? { mute } : {}) } : { ...kept, not: { ...bare } });
  }, { focus });
  view.turn = (id, mode) => view.change((doc) => {
    const { node } = locate(doc.rule, id);
    const seen = shownAs(node);
    if (seen.group === mode) return false;
    become(node, groupOf(mode, seen.items, node));
  }, { focus: `${id}|mode`, say: `${GROUPS[mode]} ${HEADS[mode]}` });
  view.wrap = (id) => view.change((doc) => {
    const place = locate(doc.rule, id);
    const inner = clone(place.node);
    become(place.node, tagged({ all: [inner] }));
  }, { focus: `${id}|grip`, say: "Put into a group" });
  view.unwrap = (id) => view.change((doc) => {
    const place = locate(doc.rule, id);
    place.list.splice(place.number, 1, ...shownAs(place.node).items);
  }, { say: "Taken out of the group" });
  view.collapse = (id) => { const { node } = locate(store.doc.rule, id); node._closed = !node._closed; draw({ focus: `${id}|close` }); };
  view.move = (id, step) => view.change((doc) => moveStep(doc, id, step), { focus: `${id}|grip`, say: "Moved" });

  const head = headOf(view);
  const kernel = kernelPanel(view);
  const numbers = numbersPanel(view);
  const findings = findingsPanel(view);
  const saving = savePanel(view);
  const below = belowPanel(view);
  view.paintHead = head.paint;
  root.append(head.panel, kernel.panel, saving.conflict, h("div", { class: "grid" }, h("div", { class: "main" }, rule, below.panel), h("aside", { class: "side", "aria-label": "Numbers and saving" }, numbers.panel, findings.panel, saving.panel)), live);
  el.append(root);

  function draw({ focus = null, say = "" } = {}) {
    const active = root.contains(document.activeElement) ? document.activeElement : null;
    const before = focus ?? active?.dataset?.keep;
    const isInRule = rule.contains(active) || focus;
    openNow?.(false);
    const seen = shownAs(store.doc.rule);
    const shown = seen.group && !seen.isFixed ? groupCard(view, store.doc.rule, "rule", 0) : loneCondition(view);
    rule.replaceChildren(shown);
    if (before && isInRule) (view.control(before) ?? view.control(`${before.split("|")[0]}|grip`) ?? rule.querySelector("button"))?.focus({ preventScroll: true });
    else if (active && !active.isConnected) root.focus({ preventScroll: true }); // never on the notebook's own keys
    paint();
    view.say(say);
  }

  view.draw = draw;

  function paint() {
    kernel.paint();
    paintProblems(view);
    numbers.paint();
    findings.paint();
    saving.paint();
    below.paint();
    head.paint();
  }

  let announcing = null;
  function announce() {
    clearTimeout(announcing);
    const { numbers: now, status, edit } = store;
    if (status.kind !== "fresh" || now.edit !== edit) return;
    announcing = setTimeout(() => view.say(`${grouped.format(now.count)} users, ${share(now.count, now.base)}`), 900);
  }

  root.addEventListener("keydown", (event) => shortcuts(view, event));
  const off = store.on((what, detail = {}) => {
    forced = what === "doc";
    if (detail.isOther) saving.forget();
    if (what === "doc" || (what === "typed" && detail.by && detail.by !== view)) draw(detail);
    else paint();
    forced = false;
    if (what === "numbers") announce();
  });
  draw();
  return () => { openNow?.(false); off(); };
}

/** A rule that is one condition, and no group. */
function loneCondition(view) {
  const { rule } = view.store.doc;
  return h("div", { class: "group all outermost lone" }, h("div", { class: "items" }, conditionOrGroup(view, rule, "rule", 0)), h("div", { class: "foot" }, addButton(view, { _id: "" }, false)));
}

function unmute(node) {
  delete node.mute;
  if (node.not && isLeaf(node.not)) delete node.not.mute;
}

function shortcuts(view, event) {
  const { store } = view;
  const isControl = event.ctrlKey || event.metaKey;
  if (isControl && event.key.toLowerCase() === "z") {
    event.preventDefault();
    if (event.shiftKey) store.redo();
    else store.undo();
  } else if (isControl && event.key.toLowerCase() === "y") {
    event.preventDefault();
    store.redo();
  } else if (event.altKey && !isControl && event.key.startsWith("Arrow")) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    const step = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" }[event.key];
    if (!id || event.target.closest(".popover") || locate(store.doc.rule, id).path === "rule") return;
    event.preventDefault();
    if (!view.move(id, step)) view.say("It cannot go there");
  }
}

/** The name, the day, and what is done to the whole. */
function headOf(view) {
  const { store } = view;
  const mark = `h${++lastId}`;
  const name = h("input", { type: "text", class: "name", maxLength: LONGEST.name, placeholder: "Name this segment", "aria-label": "Segment name", "data-keep": "name", "aria-describedby": `${mark}-problem ${mark}-left`, autocomplete: "off", spellcheck: false });
  const problem = h("div", { class: "problem", id: `${mark}-problem`, role: "status" });
  const left = h("span", { class: "left", id: `${mark}-left` });
  const state = h("span", { class: "state" });
  const day = h("input", { type: "date", "aria-label": "As of", "data-keep": "asof" });
  name.addEventListener("input", () => store.change((doc) => { doc.name = name.value; }, { typed: "name", by: null }));
  day.addEventListener("change", () => { if (day.value) store.setDay(day.value); });
  const undo = iconButton("undo", "Undo (Ctrl+Z)", () => store.undo(), { "data-keep": "undo" });
  const redo = iconButton("redo", "Do again (Ctrl+Shift+Z)", () => store.redo(), { "data-keep": "redo" });
  const more = iconButton("more", "More", () => openMenu(view.root, more, "More", [
    ["Paste a document", () => openPaste(view, more)],
    ["Begin anew", () => store.replace({ ...store.doc, rule: { all: [] } }, "The rule is empty; Ctrl+Z brings it back")],
  ]), { "aria-haspopup": "menu", "aria-expanded": "false", "data-keep": "more" });
  const panel = h("header", { class: "bar" }, h("div", { class: "title" }, name, h("div", { class: "under" }, left, problem)), state,
    h("label", { class: "asof" }, "as of", day), h("div", { class: "buttons" }, undo, redo, more));

  function paint() {
    const { doc, taken } = store;
    if (!view.isTypedIn(name) && name.value !== (doc.name ?? "")) name.value = doc.name ?? "";
    if (!view.isTypedIn(day) && day.value !== store.asOf) day.value = store.asOf;
    const length = (doc.name ?? "").length;
    put(left, `${LONGEST.name - length} characters left`);
    put(problem, taken?.name_problem ?? "");
    name.setAttribute("aria-invalid", String(Boolean(taken?.name_problem)));
    put(state, store.id ? `version ${store.version}${store.isChanged() ? ", changed" : ""}` : "not saved yet");
    undo.disabled = !store.past.length;
    redo.disabled = !store.future.length;
  }
  return { panel, paint };
}

export default {
  render({ model, el }) {
    return createView(model, el);
  },
};
