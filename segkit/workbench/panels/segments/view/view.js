// The list: what is looked for, the table, the segment that is open, and the panel that is shown below.

const STATES = [["active", "In use"], ["archived", "Archived"], ["deleted", "Deleted"]];
const WITHIN_WORDS = { edit: "Rule builder", members: "Group users", export: "Export", import: "Import a list" };
const CYCLES = { daily: "daily", once: "once" };

function createView(model, el) {
  const view = panelOf(model, el, "segments", "Segments");
  const { opening } = view;
  const wanted = { search: "", kind: "", folder: "", cycle: "", state: "active", stale: false, sort: "", down: false, offset: 0 };
  let asked = 0;
  let typing = null;

  const total = h("span", { class: "note", "aria-live": "polite" });
  const table = tableOf({ label: "Segments", columns: columnsOf(opening), keyOf: (row) => row.id, onopen: (row) => openRow(row.id), onsort: (sort, down) => load({ sort, down, offset: 0 }) });
  const pager = pagerOf((offset) => load({ offset }));
  const aside = asideOf(view, { changed: () => load(), closed: () => { sides.classList.remove("both"); focusRow(table.chosen); table.choose(null); } });
  const sides = h("div", { class: "sides" }, h("div", { class: "listside" }, table.element, pager.element), aside.element);
  const tools = toolsOf(wanted, load, (search) => { clearTimeout(typing); typing = setTimeout(() => load({ search, offset: 0 }), 120); });
  const mayEdit = opening.rights.includes("edit");
  const header = h("header", {}, h("h3", {}, "Segments"), total,
    opening.others.includes("import") ? button("Import a list", () => view.showWithin("import"), { disabled: !mayEdit }) : null,
    button("New segment", () => view.showWithin("edit"), { class: "primary", disabled: !mayEdit, title: mayEdit ? undefined : "Your role in this workspace does not include saving." }));
  const below = h("div", { class: "segkit-below" });
  const bar = h("div", { class: "withinbar", hidden: true });
  view.root.prepend(header);
  view.root.append(tools.element, sides, bar);
  el.append(below);

  const within = withinOf(view, model, below, (name) => {
    bar.hidden = !name;
    bar.replaceChildren(...(name ? [h("span", {}, `${WITHIN_WORDS[name] ?? name}, below`), button("Close", hideWithin)] : []));
  });
  let before = null; // where the focus goes back to

  view.showWithin = async (what, segment = null) => {
    before = document.activeElement;
    await view.ask("show", { what, id: segment?.id ?? "" });
  };
  async function hideWithin() {
    await view.ask("hide");
    (before?.isConnected ? before : header.querySelector("button.primary")).focus();
    load();
  }

  /** Reads the list again, with these wishes changed; the rows that are there stay until then. */
  async function load(changes = {}) {
    Object.assign(wanted, changes);
    const number = ++asked;
    const answer = await view.ask("list", wanted, { quiet: true });
    if (number !== asked) return;
    if (answer.refused) {
      view.show(answer.refused, "bad");
      return;
    }
    table.paint(answer.rows, emptyWords(wanted));
    table.choose(aside.current()?.id ?? null);
    pager.paint(answer.offset, answer.total);
    tools.paint(answer);
    put(total, `${countWords(answer.total)} ${answer.total === 1 ? "segment" : "segments"}`);
    view.root.dataset.state = "ready";
  }

  async function openRow(id) {
    table.choose(id);
    await aside.open(id);
    sides.classList.toggle("both", Boolean(aside.current()));
    table.choose(aside.current()?.id ?? null);
  }

  const focusRow = (id) => table.element.querySelector(`tr[data-key="${CSS.escape(String(id))}"] button`)?.focus({ preventScroll: true });

  view.hear("changed", ({ id }) => { load(); if (aside.current()?.id === id) aside.open(id, { focus: false }); });
  load();
  if (opening.chosen) openRow(opening.chosen);
  within.show(opening.within);
  return () => { clearTimeout(typing); within.end(); view.end(); below.remove(); };
}

function columnsOf({ as_of: asOf, days }) {
  const text = (key, title, more = {}) => ({ key, title, sortable: true, show: (row) => row[key], ...more });
  return [
    text("name", "Name", { show: nameCell }),
    text("kind", "Kind"),
    text("count", "Users", { isNumber: true, show: (row) => countWords(row.count) }),
    { key: "spark", title: `${days} days`, show: (row) => sparkOf(row.counts, asOf, days) },
    text("updated", "Updated", { show: (row) => row.updated || "–" }),
    text("age", "Age", { show: (row) => row.age || "–" }),
    text("cycle", "Cycle", { show: (row) => CYCLES[row.cycle] ?? row.cycle }),
    text("owner", "Owner", { show: (row) => row.owner || "–" }),
    text("used", "Used by", { isNumber: true, show: (row) => (row.used ? countWords(row.used) : "–") }),
  ];
}

function nameCell(row) {
  if (!row.note) return h("span", {}, row.name);
  return h("span", { class: "noted", title: row.note }, icon("note"), h("span", {}, row.name), h("span", { class: "unseen" }, `, ${row.note}`));
}

/** What narrows the list. Choices that are not there any more stay, for they are what is looked for. */
function toolsOf(wanted, load, onsearch) {
  const search = h("input", { type: "search", placeholder: "Name, description, folder, tag, owner", oninput: () => onsearch(search.value) });
  const select = (key, options) => h("select", { onchange: (event) => load({ [key]: event.target.value, offset: 0 }) }, options.map(([value, text]) => h("option", { value }, text)));
  const kind = select("kind", [["", "All"]]);
  const folder = select("folder", [["", "All"]]);
  const cycle = select("cycle", [["", "All"], ["daily", "Daily"], ["once", "Once"]]);
  const state = select("state", STATES);
  const stale = h("input", { type: "checkbox", onchange: () => load({ stale: stale.checked, offset: 0 }) });
  const staleWords = h("span", {}, "Stale only");
  const element = h("div", { class: "tools", role: "search", "aria-label": "Find segments" },
    h("div", { class: "grow" }, labelled("Search", search)), labelled("Kind", kind), labelled("Folder", folder), labelled("Cycle", cycle), labelled("Show", state),
    h("label", { class: "tick-field" }, stale, staleWords));

  function paint({ all, kinds, folders, stale_ones: staleOnes }) {
    choices(kind, [["", `All (${countWords(all)})`], ...Object.entries(kinds).map(([value, count]) => [value, `${value[0].toUpperCase()}${value.slice(1)} (${countWords(count)})`])], wanted.kind);
    choices(folder, [["", "All"], ...Object.entries(folders).map(([value, count]) => [value, `${value} (${countWords(count)})`])], wanted.folder);
    put(staleWords, `Stale only (${countWords(staleOnes)})`);
  }
  return { element, paint };
}

function choices(select, options, chosen) {
  const there = options.some(([value]) => value === chosen) ? options : [...options, [chosen, chosen]];
  const made = there.map(([value, text]) => `${value}\t${text}`).join("\n");
  if (select.dataset.made === made) return;
  select.dataset.made = made;
  select.replaceChildren(...there.map(([value, text]) => h("option", { value }, text)));
  select.value = chosen;
}

function emptyWords({ search, kind, folder, cycle, state, stale }) {
  if (search || kind || folder || cycle || stale) return "No segment fits. Take a word out of the search, or choose “All”.";
  if (state === "archived") return "Nothing is archived. Archived segments keep their name and all they have, and are not refreshed.";
  if (state === "deleted") return "Nothing is deleted.";
  return "No segments yet. “New segment” makes the first one.";
}

export default {
  render({ model, el }) {
    return createView(model, el);
  },
};
