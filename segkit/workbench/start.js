// The panel "From your files to a segment". It draws `state` and sends what a person does; it knows no rule of its own.

const STAGES = [["choose", "Choose files"], ["proposed", "Check columns"], ["written", "Load"], ["loaded", "Count"]];
const TYPES = { string: "text", number: "number", date: "date", bool: "yes or no", list: "list of texts" };
const PERSONAL = { "": "no", email: "e-mail", mobile: "mobile", name: "name", address: "address", other: "other" };
const ROLES = {
  uid: "the user", time: "the instant", name: "the event's name", key: "the event's key", known_from: "known from",
  gone_at: "gone at", valid_from: "valid from", valid_to: "valid to",
};
const number = new Intl.NumberFormat("en");

/** An element with properties, attributes (names with a dash, `role`, `for`) and children. */
function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && !key.includes("-") && key !== "list" && key !== "role") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function options(choices, chosen) {
  return Object.entries(choices).map(([value, text]) => h("option", { value, selected: value === chosen }, text));
}

function render({ model, el }) {
  const root = h("section", { className: "segkit-start", "aria-label": "From your files to a segment" });
  const local = { tab: null, links: null, number: Math.random().toString(36).slice(2, 8) };
  el.append(root);
  const send = (message) => model.send(message);

  function draw() {
    const state = model.get("state");
    if (!state.stage) return;
    const focused = document.activeElement?.dataset?.keep;
    const before = root.querySelector(".scroll");
    const [top, left] = [before?.scrollTop ?? 0, before?.scrollLeft ?? 0];
    root.replaceChildren(head(state), progress(), h("div", { className: state.count ? "grid counted" : "grid" }, main(state), side(state)));
    const scroll = root.querySelector(".scroll");
    if (scroll) [scroll.scrollTop, scroll.scrollLeft] = [top, left];
    if (focused) root.querySelector(`[data-keep="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  function head(state) {
    const now = STAGES.findIndex(([stage]) => stage === state.stage);
    return h("div", { className: "bar" }, h("h2", {}, "From your files to a segment"),
      h("ol", { className: "steps" }, STAGES.map(([, text], place) =>
        h("li", { className: place < now || state.stage === "loaded" ? "done" : "", "aria-current": place === now && "step" }, text))));
  }

  function progress() {
    const busy = model.get("busy");
    root.classList.toggle("busy", Boolean(busy.step));
    return h("div", { className: "progress", role: "status", "aria-live": "polite", "aria-label": busy.step || "ready" },
      busy.step ? h("i", { style: `width:${Math.max(4, 100 * busy.share)}%` }) : null);
  }

  // --- choose -----------------------------------------------------------------------------------------------------

  function main(state) {
    const parts = state.error ? [h("div", { className: "message bad", role: "alert" }, state.error)] : [];
    if (state.stage === "choose") parts.push(choose(state));
    else parts.push(...tables(state));
    return h("div", { className: "main" }, parts);
  }

  function choose(state) {
    local.links ??= Object.entries(state.form.links);
    const files = h("datalist", { id: `files-${local.number}` }, state.files.map((file) => h("option", { value: file })));
    const field = (key, text, hint, extra = {}) => h("label", { className: "field", ...extra.label }, text,
      h("input", { name: key, value: state.form[key] ?? "", placeholder: hint, spellcheck: false, autocomplete: "off", ...extra.input }));
    const source = { input: { list: `files-${local.number}` }, label: { className: "field wide" } };
    const form = h("form", { onsubmit: (event) => { event.preventDefault(); look(form); } },
      h("p", {}, "Name your files: what users did, and, if you have it, a table of the users. Files stay where they are."),
      h("div", { className: "fields" },
        field("events", "Events", "a file, a folder or a pattern, such as orders/*.csv", source),
        field("users", "Users (without them, users are those of the events)", "customers.csv", source)),
      h("h3", { className: "note", style: "margin:16px 0 8px" }, "Linked tables: what users own, subscribe to, belong to"),
      local.links.map(([name, file], place) => h("div", { className: "pair" },
        h("input", { value: name, placeholder: "name", "aria-label": `Name of linked table ${place + 1}`, oninput: (e) => { local.links[place][0] = e.target.value; } }),
        h("input", { value: file, placeholder: "file", list: `files-${local.number}`, "aria-label": `File of linked table ${place + 1}`, oninput: (e) => { local.links[place][1] = e.target.value; } }),
        h("button", { type: "button", className: "plain", "aria-label": `Remove linked table ${place + 1}`, onclick: () => { local.links.splice(place, 1); draw(); } }, "✕"))),
      h("button", { type: "button", onclick: () => { local.links.push(["", ""]); draw(); } }, "+ add a linked table"),
      h("div", { className: "actions" }, h("button", { className: "primary", type: "submit" }, "Look at the files"),
        h("span", { className: "note" }, `${state.files.length} data files near by; type to choose one.`)), files);
    return form;
  }

  function look(form) {
    const values = Object.fromEntries(new FormData(form));
    local.tab = null;
    send({ do: "look", form: { ...values, links: Object.fromEntries(local.links.filter(([name, file]) => name && file)) } });
  }

  // --- columns ----------------------------------------------------------------------------------------------------

  function tables(state) {
    const names = state.tables.map((table) => table.role);
    if (!names.includes(local.tab)) local.tab = names[0];
    const table = state.tables.find(({ role }) => role === local.tab);
    const tabs = h("div", { className: "tabs", role: "tablist", "aria-label": "Tables" }, state.tables.map((each) =>
      h("button", {
        role: "tab", id: `tab-${local.number}-${each.role}`, "aria-selected": each.role === local.tab ? "true" : "false",
        "data-keep": `tab ${each.role}`, onclick: () => { local.tab = each.role; draw(); },
      }, each.role === "users" ? "Users " : each.role === "events" ? "Events " : `${each.role} `,
      h("small", {}, each.title.split(": ").slice(1).join(": ")))));
    return [tabs, h("div", { role: "tabpanel", "aria-labelledby": `tab-${local.number}-${local.tab}` }, columns(state, table), preview(table))];
  }

  function columns(state, table) {
    const fixed = state.stage === "written" || state.stage === "loaded";
    return h("div", { className: "scroll", tabIndex: 0, "aria-label": `Columns of ${table.role}` }, h("table", {},
      h("thead", {}, h("tr", {}, ["Column, with examples", "Is", "Type", "Name", "Personal", "Worth knowing"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, table.columns.map((column) => row(table, column, fixed)))));
  }

  function row(table, column, fixed) {
    const declared = ["label", "parameter", "linked"].includes(column.role);
    const out = column.role === "left out";
    const change = (key, value) => send({ do: "change", table: table.role, column: column.column, key, value });
    const keep = (what) => ({ "data-keep": `${table.role} ${column.column} ${what}`, "aria-label": `${what} of ${column.column}`, disabled: fixed });
    const roles = { declared: table.declared, ...Object.fromEntries(table.roles.map((role) => [role, ROLES[role]])), out: "left out" };
    const chosen = out ? "out" : declared ? "declared" : column.role;
    const setRole = (value) => {
      if (value === "out") change("kept", false);
      else if (value === "declared" && out) change("kept", true);
      else send({ do: "role", table: table.role, column: column.column, role: value });
    };
    return h("tr", { className: out ? "out" : declared ? "" : "role" },
      h("th", { scope: "row", title: column.examples }, h("div", {}, column.column), h("small", {}, column.examples)),
      h("td", {}, h("select", { ...keep("Role"), onchange: (e) => setRole(e.target.value) }, options(roles, chosen))),
      h("td", {}, declared ? type(column, change, keep) : null),
      h("td", {}, declared ? h("input", { ...keep("Name"), value: column.name, onchange: (e) => change("name", e.target.value) }) : null),
      h("td", { className: column.personal ? "personal" : "personal none" }, declared ? h("select", { ...keep("Personal data"), onchange: (e) => change("personal", e.target.value || "no") }, options(PERSONAL, column.personal)) : null),
      h("td", { className: "notes" }, column.note.replace(/^personal: \w+(; )?/, "")));
  }

  function type(column, change, keep) {
    const words = { ...TYPES };
    if (column.type === "number" && column.scale !== null) words.number = column.scale === 0 ? "whole number" : `number, .${"0".repeat(column.scale)}`;
    return h("select", { ...keep("Type"), onchange: (e) => change("type", e.target.value) }, options(words, column.type));
  }

  function preview(table) {
    const { headings, rows } = table.preview;
    return h("div", { className: "preview" }, h("h3", {}, "The first rows, as they will be understood"),
      h("div", { className: "scroll", tabIndex: 0, "aria-label": `First rows of ${table.role}` }, h("table", {},
        h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", { title: cell }, cell))))))));
  }

  // --- beside -----------------------------------------------------------------------------------------------------

  function side(state) {
    const parts = [];
    if (state.stage === "choose") {
      parts.push(block("What happens", h("ul", {}, ["Files are read and counted, never changed.", "You see what each column is taken for, and correct it.", "Settings and vocabulary are written as text that you can change later.", "The data is loaded, and a first segment counted."].map((text) => h("li", {}, text)))));
      return h("aside", { className: "side" }, parts);
    }
    parts.push(state.count ? count(state) : size(state), zone(state));
    if (state.stage === "proposed") {
      parts.push(h("div", { className: "actions", style: "margin:0 0 16px" },
        h("button", { className: "primary", disabled: state.open.length > 0, "data-keep": "write", onclick: () => send({ do: "write" }) }, "Write"),
        h("button", { className: "plain", onclick: () => send({ do: "back" }) }, "Other files")));
    } else if (state.stage === "written") {
      parts.push(h("div", { className: "message good" }, `Written to ${state.folder}`),
        h("div", { className: "actions", style: "margin:0 0 16px" }, h("button", { className: "primary", "data-keep": "write", onclick: () => send({ do: "load" }) }, "Load and count")));
    }
    if (state.open.length && state.stage === "proposed") parts.push(...state.open.map((text) => h("div", { className: "message" }, text.replace(/^zone: /, "").replace(/ Give --zone.*$/s, " Choose one above."))));
    const notes = state.summary.filter((line) => line.startsWith("Note: ")).map((line) => line.slice(6));
    if (state.next.length) parts.push(block("Go on with", state.next.map((line) => h("p", {}, h("code", {}, line)))));
    if (notes.length) parts.push(block("Worth knowing", h("ul", {}, notes.map((text) => h("li", {}, text)))));
    return h("aside", { className: "side" }, parts);
  }

  const block = (title, ...children) => h("div", { className: "block" }, h("h3", {}, title), ...children);

  function size(state) {
    const [first, ...rest] = state.summary.filter((line) => !line.startsWith("Note: ") && !line.startsWith("Zone: "));
    const found = first.match(/: ([\d,]+) users, ([\d,]+) events?/) ?? [];
    return h("div", { className: "block" }, h("div", { className: "number" }, found[1] ?? ""), h("p", { className: "note" }, `users · ${found[2]} kinds of events`),
      rest.map((line) => h("p", { className: "note" }, line)));
  }

  function count(state) {
    const found = state.count;
    return h("div", { className: "block", "aria-live": "polite" },
      h("div", { className: "number" }, number.format(found.count)),
      h("p", { className: "note" }, `${found.share} of ${number.format(found.base)} users, as of ${found.as_of}`),
      h("p", {}, found.sentence),
      Object.entries(found.reach).map(([channel, users]) => h("div", { className: "line" }, h("span", {}, `Reach by ${channel}`), h("b", {}, number.format(users)))));
  }

  function zone(state) {
    const fixed = state.stage !== "proposed";
    const list = h("datalist", { id: `zones-${local.number}` }, state.zones.map((name) => h("option", { value: name })));
    const set = () => send({ do: "zone", zone: day.value.trim(), event_zone: clocks.value.trim() });
    const input = (name, value, hint) => h("input", { value, placeholder: hint, list: `zones-${local.number}`, disabled: fixed, spellcheck: false, autocomplete: "off", "data-keep": name, "aria-label": name, onchange: set });
    const day = input("Time zone", state.form.zone, "choose, such as Europe/Berlin");
    const clocks = input("Zone of the events' clocks", state.form.event_zone, "the same");
    return h("div", { className: "block" },
      h("label", { className: "field" }, "Time zone: whose midnights begin the days", day),
      state.naive ? h("label", { className: "field", style: "margin-top:8px" }, "Clocks of the events, if others", clocks) : h("span", { hidden: true }, clocks), list);
  }

  model.on("change:state", draw);
  model.on("change:busy", () => { root.querySelector(".progress")?.replaceWith(progress()); });
  draw();
}

export default { render };
