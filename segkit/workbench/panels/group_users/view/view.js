// Group users: the members on the left, one of them on the right. What is chosen lives here; users come from the model.

function render({ model, el }) {
  const view = panelOf(model, el, "group-users", "Group users");
  const told = view.opening;
  const total = h("span", { class: "hero total" }, "–");
  const part = h("span", { class: "note part" });
  const header = h("header", {}, h("h3", {}, "Group users"), total, part);
  view.root.prepend(header);
  if (told.denied) {
    total.remove();
    put(part, `${told.app}, as of ${dayWords(told.as_of)}`);
    view.root.append(h("div", { class: "deniedbox" }, h("h4", {}, "Who the users are is not yours to see"), h("p", {}, told.denied),
      h("p", { class: "note" }, "Counts and definitions stay open to you: the segments list and the rule builder show them.")));
    return () => view.end();
  }
  const segments = told.segments;
  const byId = new Map(segments.map((each) => [each.id, each]));
  const state = {
    inside: told.inside.map((id) => byId.get(id)).filter((each) => each && !each.why), outside: [], isAny: false, search: "", where: null,
    columns: told.columns, sort: "", isDown: false, offset: 0, isShown: false,
  };
  const refused = told.inside.map((id) => byId.get(id)).filter((each) => each?.why);
  let asked = 0;
  let page = null;

  // --- what is chosen ------------------------------------------------------------------------------------------------

  const refuse = (text) => view.show(text);
  const change = (fields) => { Object.assign(state, { offset: 0 }, fields); paintTools(); load(); };
  const how = wordSelect("How several segments are taken together", [["all", "all of"], ["any", "any of"]], "all", (value) => change({ isAny: value === "any" }), "how");
  const inside = segmentRow({ root: view.root, label: "In", name: "Add a segment", offered: (pick) => segmentChoices(segments, pick, refuse), onchange: (list) => change({ inside: list }) });
  inside.element.firstChild.after(how);
  const outside = segmentRow({
    root: view.root, label: "Not in", name: "Leave out a segment",
    // Leaving out a list shows none of its rows.
    offered: (pick) => segmentChoices(segments.map((each) => (each.kind === "imported" ? { ...each, why: undefined } : each)), pick, refuse),
    onchange: (list) => change({ outside: list }),
  });
  const search = h("input", { type: "search", placeholder: "uid, e-mail or mobile", autocomplete: "off", spellcheck: false });
  let typing = null;
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => change({ search: search.value.trim() }), 250); });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") { clearTimeout(typing); change({ search: search.value.trim() }); } });
  const filter = button("Filter by a label", () => openPicker(view.root, filter, {
    label: "Filter by a label", options: told.labels.map((label) => ({ ...label, description: label.about, type: label.is_personal ? "personal data" : "", pick: () => openValue(view, filter, label, (where, words) => change({ where: { where, words } })) })),
  }), { "aria-haspopup": "dialog" });
  const filtered = h("span", { class: "chip", hidden: true });
  const columns = button("Columns", () => openColumns(view.root, columns, told.labels, state.columns, (codes) => {
    if (!codes.includes(state.sort) && state.sort !== "uid") Object.assign(state, { sort: "", isDown: false });
    state.columns = codes;
    load();
  }), { "aria-haspopup": "dialog" });
  const shownSwitch = h("button", { type: "button", role: "switch", "aria-checked": "false", class: "switch", onclick: () => {
    state.isShown = !state.isShown;
    const isSortHidden = !state.isShown && told.labels.some((label) => label.code === state.sort && label.is_personal);
    if (isSortHidden) Object.assign(state, { sort: "", isDown: false });
    paintTools();
    load();
    person.again();
    view.say(state.isShown ? "Personal data is shown. That is on record." : "Personal data is masked.");
  } }, h("span", { class: "knob", "aria-hidden": "true" }), h("span", {}, "Show personal data"));
  const onRecord = h("span", { class: "note onrecord" });
  const sentence = h("p", { class: "note sentence" });

  function paintTools() {
    inside.paint(state.inside);
    outside.paint(state.outside);
    how.hidden = state.inside.length < 2;
    how.value = state.isAny ? "any" : "all";
    filtered.hidden = !state.where;
    filtered.replaceChildren(...(state.where ? [h("span", {}, state.where.words), iconButton("close", "Take the filter away", () => { change({ where: null }); filter.focus(); })] : []));
    shownSwitch.setAttribute("aria-checked", String(state.isShown));
    put(onRecord, state.isShown ? "Shown, and on record" : "Masked; showing it is recorded");
  }

  // --- users ---------------------------------------------------------------------------------------------------------

  const members = membersOf({
    labels: told.labels, state, size: told.page_size,
    onsort: (key, isDown) => change({ sort: key, isDown }),
    onopen: (row) => { members.choose(row.no); sides.classList.add("open"); person.open(row.no); },
    onpage: (offset) => { state.offset = offset; load(); },
  });
  const person = personOf(view, {
    segments, isShown: () => state.isShown,
    onclose: () => { const no = sides.querySelector("tr.chosen")?.dataset.key; members.choose(null); sides.classList.remove("open"); if (no !== undefined) members.focusRow(no); },
  });
  const waiting = h("p", { class: "empty waiting" }, "Reading the users…");
  const sides = h("div", { class: "sides" }, h("div", { class: "left" }, waiting, members.element), person.element);
  members.element.hidden = true;

  /** Fetches the page that is chosen; an answer that a newer question overtook is let go. */
  async function load() {
    const mine = ++asked;
    view.root.dataset.state = "stale";
    if (mine > 1) view.cancel();
    const answer = await view.ask("page", {
      inside: state.inside.map((each) => each.id), outside: state.outside.map((each) => each.id), how: state.isAny ? "any" : "all",
      where: state.where?.where ?? null, search: state.search, columns: state.columns, sort: state.sort, down: state.isDown,
      offset: state.offset, shown: state.isShown,
    }, { quiet: true });
    if (mine !== asked) return;
    waiting.hidden = true;
    if (answer.refused) {
      view.root.dataset.state = "refused";
      view.show(answer.refused, "bad", " ", button("Try again", () => load()));
      return;
    }
    if (page || !refused.length) view.show("");
    page = answer;
    members.element.hidden = false;
    put(total, grouped.format(page.total));
    put(part, `${page.total === 1 ? "user" : "users"}, ${share(page.total, page.base)} of ${grouped.format(page.base)} · ${told.app}, as of ${dayWords(told.as_of)}`);
    put(sentence, page.total === page.picked ? page.sentence : `${page.sentence} The search keeps ${grouped.format(page.total)} of ${grouped.format(page.picked)}.`);
    members.paint(page, emptyWords());
    view.root.dataset.state = "fresh";
    view.say(`${grouped.format(page.total)} users`);
  }

  function emptyWords() {
    if (state.search) return "No user is found by this search. A part of a uid is enough; an e-mail address or a number must be whole.";
    if (state.where) return "No user has this value. Take the filter away, or choose another one.";
    if (state.inside.length || state.outside.length) return "Nobody is in this group. Take a segment away, or take any of them instead of all.";
    return "This app has no users yet. Load some first.";
  }

  const tools = h("div", { class: "tools" }, labelled("Search", h("div", { class: "searchbox" }, icon("search"), search)), filter, filtered, columns, h("div", { class: "shownbox" }, shownSwitch, onRecord));
  view.root.append(h("div", { class: "groups" }, inside.element, outside.element, sentence), tools, sides);
  for (const each of refused) view.show(`‘${each.name}’: ${each.why}`);
  paintTools();
  load();
  return () => { clearTimeout(typing); asked += 1; view.end(); };
}

export default { render };
