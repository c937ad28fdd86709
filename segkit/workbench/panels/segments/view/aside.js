// One segment beside the list: its numbers, its rule in a sentence, its trend, its history and lineage.

/** `changed(id)` hears that the list is another; `closed()` that the segment is shut. */
function asideOf(view, { changed, closed }) {
  const element = h("aside", { "aria-label": "Segment", hidden: true });
  let segment = null;
  let trendAsk = null;
  let parts = null;

  async function open(id, { focus = true } = {}) {
    if (trendAsk) view.cancel(trendAsk);
    trendAsk = null;
    const answer = await view.ask("open", { id });
    if (!answer) return;
    segment = answer.segment;
    paint();
    if (focus) parts.name.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
    trend();
  }

  function shut() {
    if (trendAsk) view.cancel(trendAsk);
    [segment, trendAsk] = [null, null];
    element.hidden = true;
    element.replaceChildren();
    view.ask("shut");
    closed();
  }

  function paint() {
    const name = h("h3", { tabIndex: -1 }, segment.name);
    const actions = actionButtons(view, segment, run);
    const more = h("div", { class: "more" });
    const trendPlace = h("section", { class: "trend", "aria-label": "Trend" });
    parts = { name, actions, more, trend: trendPlace };
    element.hidden = false;
    element.replaceChildren(
      h("div", { class: "head" }, h("div", {}, name, h("span", { class: "chip" }, segment.kind), segment.state !== "active" ? h("span", { class: "chip warn" }, segment.state) : null),
        iconButton("close", "Close this segment", shut)),
      h("div", {}, h("div", { class: "hero" }, countWords(segment.count)), h("div", { class: segment.note ? "note warn" : "note" }, numbersNote(segment))),
      segment.description ? h("p", {}, segment.description) : null,
      h("p", { class: "sentence" }, segment.sentence), actions.element, more, trendPlace, facts());
  }

  function facts() {
    const rows = [["Used by", segment.used_by.join(", ") || "nothing"], ["Owner", segment.owner], ["Folder", segment.folder], ["Tags", segment.tags.join(", ")], ["Version", segment.version ?? ""], ["Id", segment.id]];
    return h("dl", { class: "facts" }, rows.filter(([, value]) => value !== "").map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value))));
  }

  async function trend(wait = false) {
    const place = parts.trend;
    if (segment.reasons.trend) return place.replaceChildren(h("p", { class: "note" }, segment.reasons.trend));
    const ask = view.number();
    trendAsk = ask;
    const bar = h("progress", { "aria-label": "Reading the trend", max: 1, value: 0 });
    const stop = button("Cancel", () => view.cancel(ask));
    place.replaceChildren(h("p", { class: "note" }, `Reading the last ${view.opening.days} days…`), h("div", { class: "running" }, bar, wait ? stop : null));
    place.dataset.ask = ask;
    if (wait) stop.focus();
    const answer = await view.ask("trend", { id: segment.id, wait }, { quiet: true, ask });
    if (trendAsk !== ask) return undefined;
    trendAsk = null;
    if (wait && place.contains(document.activeElement)) parts.name.focus({ preventScroll: true });
    if (answer.missing || answer.stopped) return place.replaceChildren(...toWorkOut(answer));
    if (answer.refused) return place.replaceChildren(h("p", { class: "problem" }, answer.refused));
    const [head, ...lines] = answer.words.split("\n");
    return place.replaceChildren(
      answer.svg ? wide(answer.svg, "Picture of the trend") : null, h("p", { class: "note" }, head, lines.length ? h("span", {}, ` ${lines.join(" ")}`) : null), trendTable(answer.table));
  }

  /** Days that were not published take a while: they are worked out where somebody asks for it. */
  function toWorkOut({ missing }) {
    const { counts } = segment;
    const words = missing ? `${missing} of the last ${view.opening.days} days were not published.` : "Stopped.";
    return [
      counts.length ? sparkOf(counts, view.opening.as_of, view.opening.days) : null,
      counts.length ? h("p", { class: "note" }, `${sparkWords(counts)}.`) : null,
      h("p", { class: "note" }, `${words} They can be evaluated by the rule and the data of now, with who entered and who left.`),
      h("div", {}, button("Work out the trend", () => trend(true), { "data-action": "trend" })),
    ].filter(Boolean);
  }

  /** Runs one of the actions. */
  function run(action, made) {
    if (action.shows) return view.showWithin(action.key, segment);
    if (action.opens) return unfold(action.key, made);
    return { update, duplicate, undelete, archive: simply, unarchive: simply, delete: simply }[action.key](action.key);
  }

  async function simply(key) {
    const { id } = segment;
    const answer = await view.ask(key, { id });
    if (!answer) return;
    await changed(id);
    await open(id);
    showDone(view, answer, async () => {
      const back = await view.ask(answer.undo, { id });
      if (!back) return;
      await changed(id);
      await open(id);
      showDone(view, back);
    });
  }

  async function update() {
    const { id } = segment;
    const ask = view.number();
    const bar = h("progress", { "aria-label": "Updating", max: 1, value: 0 });
    const line = h("div", { class: "running", "data-ask": ask }, bar, button("Cancel", () => view.cancel(ask)));
    parts.more.replaceChildren(line);
    line.querySelector("button").focus();
    const answer = await view.ask("update", { id }, { ask });
    line.remove();
    parts.actions.buttons.find((each) => each.dataset.action === "update")?.focus();
    if (!answer) return;
    await changed(id);
    if (segment?.id === id) await open(id);
    showDone(view, answer);
  }

  function duplicate() {
    const { id } = segment;
    ask("Name of the copy", `${segment.name.slice(0, 57)} (copy)`, "Save the copy", async (name) => {
      const answer = await view.ask("duplicate", { id, name });
      if (!answer) return;
      await changed(answer.id);
      await open(answer.id);
      showDone(view, answer, async () => {
        const back = await view.ask("delete", { id: answer.id });
        if (!back) return;
        await changed(id);
        await open(id);
        showDone(view, back);
      });
    });
  }

  async function undelete() {
    const { id } = segment;
    const back = async (name) => {
      const answer = await view.ask("undelete", { id, name });
      if (!answer) return ask("Bring it back as", `${segment.name.slice(0, 56)} (again)`, "Bring back", back);
      await changed(id);
      await open(id);
      return showDone(view, answer);
    };
    await back("");
  }

  function ask(label, name, text, done) {
    const cancel = () => { parts.more.replaceChildren(); parts.name.focus({ preventScroll: true }); };
    const { form, focus } = nameForm(label, name, text, done, cancel);
    parts.more.replaceChildren(form);
    focus();
  }

  /** Shows history or lineage under the buttons, or puts it away. */
  async function unfold(key, made) {
    const isOpen = made.getAttribute("aria-expanded") === "true";
    for (const each of parts.actions.buttons) if (each.hasAttribute("aria-expanded")) each.setAttribute("aria-expanded", "false");
    parts.more.replaceChildren();
    if (isOpen) return;
    const answer = await view.ask(key, { id: segment.id });
    if (!answer) return;
    made.setAttribute("aria-expanded", "true");
    parts.more.replaceChildren(key === "history" ? historyOf(answer.entries) : lineageOf(answer));
    view.say(key === "history" ? `${answer.entries.length} entries` : "Lineage is shown");
  }

  function historyOf(entries) {
    const isChangeable = segment.state === "active" && view.opening.rights.includes("edit");
    const items = entries.map((entry) => h("li", {},
      h("div", { class: "entry" }, h("b", {}, entry.what[0].toUpperCase() + entry.what.slice(1)), h("span", { class: "note" }, `${entry.when} by ${entry.actor}${entry.note ? `, ${entry.note}` : ""}`),
        entry.now ? h("span", { class: "chip" }, "now") : entry.version && isChangeable ? button("Revert to this", () => revert(entry.version), { "aria-label": `Revert to version ${entry.version}` }) : null),
      entry.lines.length ? h("ul", {}, entry.lines.map((line) => h("li", {}, line))) : null));
    return h("section", { class: "history", "aria-label": "History" }, h("h4", {}, "History"), h("ol", {}, items));
  }

  async function revert(to) {
    const { id } = segment;
    const answer = await view.ask("revert", { id, to });
    if (!answer) return;
    await changed(id);
    await open(id);
    showDone(view, answer, () => revert(answer.was));
  }

  view.hear("progress", ({ ask: number, done, all }) => {
    const bar = element.querySelector(`[data-ask="${CSS.escape(number ?? "")}"] progress`);
    if (bar && all) bar.value = done / all;
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    shut();
  });
  return { element, open, shut, current: () => segment };
}

function numbersNote(segment) {
  return segment.count === null ? segment.note : segment.freshness.replace(/^[\d,]+ /, "");
}

/** A picture that may be wider than its place, to be moved by mouse and keys. */
function wide(svg, label) {
  return h("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": label }, drawing(svg));
}

function trendTable(rows) {
  const cells = rows.map(([day, ...numbers]) => h("tr", {}, h("th", { scope: "row" }, dayWords(day)), numbers.map((number) => h("td", { class: "number" }, countWords(number)))));
  const heads = ["As of", "Users", "Entered", "Left"].map((text, number) => h("th", { scope: "col", class: number ? "number" : "" }, text));
  return h("details", {}, h("summary", {}, "As a table"), h("table", { "aria-label": "Trend" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, cells)));
}

function lineageOf({ svg, words }) {
  return h("section", { class: "lineage", "aria-label": "Lineage" }, h("h4", {}, "Lineage"), wide(svg, "Picture of the lineage"),
    h("details", {}, h("summary", {}, "As text"), h("pre", {}, words)));
}
