// The panel: which segments, which view, and how an answer comes: the last one stays until the next is there.

const VIEWS = { conditions: conditionsView, overlap: overlapView, compose: compositionView, trend: trendView, why: whyView, compare: compareView };

function render({ model, el }) {
  const view = panelOf(model, el, "analysis", "Analysis of segments");
  const opening = view.opening;
  const state = {
    segments: opening.segments, labels: opening.labels, chosen: opening.chosen, asOf: opening.as_of, view: opening.view,
    most: opening.most, maySave: opening.may_save, colours: coloursOf(),
    nameOf: (id) => state.segments.find((each) => each.id === id)?.name ?? id,
    added: (id, isGone = false) => choose(isGone ? state.chosen.filter((each) => each !== id) : [...new Set([...state.chosen, id])]),
    go: (name, question) => { made[name].take(question); open(name); },
  };
  const asOf = h("input", { type: "date", value: state.asOf, onchange: () => { state.asOf = asOf.value; remember(); ask(); } });
  const chips = chipsOf(view, state, choose);
  const tabs = h("div", { class: "tablist", role: "tablist", "aria-label": "Views" });
  const controls = h("div", { class: "tools" });
  const bar = h("progress", { "aria-label": "How far it is" });
  const far = h("span", { class: "note" });
  const stop = button("Stop", () => view.cancel(), { class: "small" });
  const status = h("div", { class: "status" }, h("div", { class: "running", hidden: true }, bar, far, stop), h("p", { class: "older note", hidden: true }));
  const [running, older] = status.children;
  const result = h("div", { class: "result", tabIndex: -1 });
  const code = h("div", { class: "code", hidden: true });
  const page = h("div", { class: "page", role: "tabpanel", id: `a${++lastPick}-page`, "aria-labelledby": "" }, status, controls, result, code);
  const made = Object.fromEntries(opening.views.map(([name]) => [name, VIEWS[name](view, state, () => ask())]));
  const shown = {};
  let newest = 0;

  const asOfWords = h("span", { class: "note" }, "");
  view.root.append(h("header", {}, h("h3", {}, "Analysis"), h("span", { class: "note" }, opening.app), h("label", { class: "asof" }, "As of", asOf), asOfWords), view.message, chips.element, tabs, page);
  for (const [name, title] of opening.views) {
    tabs.append(h("button", { type: "button", role: "tab", id: `${page.id}-${name}`, "aria-controls": page.id, class: "viewtab", onclick: () => open(name) }, title));
  }
  tabs.addEventListener("keydown", (event) => {
    const all = [...tabs.children];
    const to = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = to ? all[(all.indexOf(document.activeElement) + to + all.length) % all.length] : { Home: all[0], End: all.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  });

  function open(name) {
    const isOther = name !== state.view;
    state.view = name;
    for (const tab of tabs.children) {
      const isOpen = tab.id === `${page.id}-${name}`;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
    }
    page.setAttribute("aria-labelledby", `${page.id}-${name}`);
    controls.replaceChildren(...made[name].controls);
    controls.hidden = !made[name].controls.length;
    if (isOther) remember();
    sync();
    paint();
    ask();
  }
  function choose(ids) {
    state.chosen = ids;
    remember();
    sync();
    ask();
  }
  function sync() {
    state.colours.keep(state.chosen);
    chips.paint();
    for (const each of Object.values(made)) each.sync();
    put(asOfWords, state.asOf ? "" : `empty: the newest, ${dayWords(opening.newest)}`);
  }
  const remember = () => view.ask("look", { segments: state.chosen, view: state.view, as_of: state.asOf }, { quiet: true });

  /** What is shown in the view that is open: its last answer, or what to do first. */
  function paint() {
    const last = shown[state.view];
    const held = result.contains(document.activeElement) && document.activeElement !== result;
    const nothing = () => [h("div", { class: "empty" }, h("p", {}, made[state.view].missing), state.chosen.length < 2 ? button("Add a segment", () => chips.open(), { class: "primary" }) : null)];
    result.replaceChildren(...(last ? made[state.view].paint(last.found, last.asked, last.remarks ?? []) : made[state.view].question() ? [] : nothing()).flat().filter(Boolean));
    if (held) result.focus({ preventScroll: true });
    code.hidden = !last;
    if (last) code.replaceChildren(h("span", { class: "note" }, "In Python"), h("code", { tabIndex: 0 }, last.code), iconButton("copy", "Copy the line of Python", () => navigator.clipboard?.writeText(last.code)?.then(() => view.say("Copied"))), h("span", { class: "note time" }, `${countWords(last.ms)} ms`));
  }

  async function ask() {
    const name = state.view;
    const asked = made[name].question();
    const key = JSON.stringify([asked, state.asOf]);
    const last = shown[name];
    const number = ++newest;
    if (!asked) {
      delete shown[name];
      view.cancel();
      idle();
      paint();
      return;
    }
    if (last?.key === key) { idle(); return; }
    result.classList.toggle("stale", Boolean(last));
    older.hidden = !last;
    put(older, last ? "What is shown is older: it answers the question before." : "");
    const begun = performance.now();
    far.textContent = "";
    bar.removeAttribute("value");
    const clock = setInterval(() => {
      const seconds = (performance.now() - begun) / 1000;
      running.hidden = seconds < 0.3;
      if (!bar.hasAttribute("value")) put(far, `${Math.floor(seconds)} s`);
    }, 100);
    const answer = await view.ask(name, { ...asked, as_of: state.asOf }, { quiet: true });
    clearInterval(clock);
    if (number !== newest) return;
    idle();
    if (answer.stopped || answer.refused) {
      result.classList.toggle("stale", Boolean(last));
      older.hidden = !last;
      put(older, last ? "What is shown is older: it answers an earlier question." : "");
      view.show(answer.stopped ? "Stopped; nothing was changed." : answer.refused, answer.stopped ? "" : "bad", button("Ask again", () => { view.show(""); ask(); }));
      if (!last) result.replaceChildren();
      return;
    }
    if (view.message.classList.contains("bad")) view.show("");
    shown[name] = { key, found: answer.found, asked: { ...asked, ...answer.question }, code: answer.code, ms: answer.ms };
    paint();
    shown[name].key = JSON.stringify([made[name].question(), state.asOf]); // days that were left open are filled in by now
    view.say(`${opening.views.find(([each]) => each === name)[1]}: ${saidOf(name, answer.found)}`);
    findOdd(name, shown[name]);
  }
  async function findOdd(name, told) {
    const segments = made[name].lint?.(told.asked);
    if (!segments) return;
    const answer = await view.ask("lint", { segments, as_of: state.asOf }, { quiet: true });
    if (shown[name] !== told || !answer.remarks?.length) return;
    told.remarks = answer.remarks;
    if (state.view === name && !view.root.querySelector(".popover")) paint();
  }
  function idle() {
    running.hidden = true;
    older.hidden = true;
    result.classList.remove("stale");
  }
  view.hear("progress", (told) => {
    bar.max = told.all || 1;
    bar.value = told.done;
    put(far, `${grouped.format(told.done)} of ${grouped.format(told.all)}`);
  });

  for (const [name, question] of Object.entries(opening.questions)) made[name]?.take(question);
  open(state.view);
  return view.end;
}

/** What a new answer says first, for those who hear it. */
function saidOf(name, found) {
  if (name === "why") return `${grouped.format(found.entered)} entered, ${grouped.format(found.left)} left`;
  if (name === "compare") return `${grouped.format(found.lost)} only in the first, ${grouped.format(found.gained)} only in the second`;
  return found.words[0] ?? "";
}

export default { render };
