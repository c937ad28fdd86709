// One search field over a list grouped by category: labels, behaviours, segments and the rest, found by a few letters.

/** How well a text holds the letters of a search in their order; -1 where it does not. Beginnings of words count most. */
function fuzzy(search, text) {
  const wanted = search.toLowerCase();
  const within = text.toLowerCase();
  const whole = within.indexOf(wanted);
  if (whole >= 0) return 1000 - whole - within.length / 100 + (whole === 0 || /\W/.test(within[whole - 1]) ? 500 : 0);
  let score = 0;
  let from = 0;
  for (const letter of wanted.replace(/\s+/g, "")) {
    const found = within.indexOf(letter, from);
    if (found < 0) return -1;
    score += found === 0 || /\W/.test(within[found - 1]) ? 10 : found === from ? 5 : 1;
    if (found - from > 12) return -1;
    from = found + 1;
  }
  return score;
}

/** Options that fit a search, the best first; all in their order without one. */
function found(options, search) {
  if (!search.trim()) return options;
  return options
    .map((option) => {
      const byName = fuzzy(search, option.name);
      const byCode = fuzzy(search, option.code ?? "");
      const byMore = `${option.category} ${option.description ?? ""}`.toLowerCase().includes(search.toLowerCase()) ? 0.5 : -1;
      return [Math.max(byName, byCode * 0.9, byMore), option];
    })
    .filter(([score]) => score >= 0)
    .sort((one, other) => other[0] - one[0])
    .map(([, option]) => option);
}

/** Opens a picker at a control. Options: {name, code, category, kind, type, description, note, pick}. */
function openPicker(root, anchor, { label, options, tabs = [] }) {
  const mark = `p${++lastId}`;
  let tab = "";
  let shown = [];
  let active = 0;
  const list = h("div", { class: "options", role: "listbox", id: mark, "aria-label": label, tabIndex: -1 });
  const input = h("input", {
    type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": mark, "aria-autocomplete": "list",
    "aria-label": label, placeholder: "Search…", autocomplete: "off", spellcheck: false,
  });
  const count = h("div", { class: "found", role: "status" });
  const bar = tabs.length ? h("div", { class: "tabs", role: "group", "aria-label": "Kind" }, [["", "All"], ...tabs].map(([kind, text]) =>
    h("button", { type: "button", class: "tab", "aria-pressed": kind === "" ? "true" : "false", "data-kind": kind, onclick: () => choose(kind) }, text))) : null;
  const content = h("div", { class: "picker" }, h("div", { class: "search" }, icon("search"), input), bar, list, count);
  const close = openPopover(root, anchor, content, { label, width: 460 });

  function choose(kind) {
    tab = kind;
    for (const button of bar.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    draw();
    input.focus();
  }

  function draw() {
    shown = found(options.filter((option) => !tab || option.kind === tab), input.value).slice(0, 300);
    active = 0;
    const parts = [];
    let category = null;
    for (const [number, option] of shown.entries()) {
      if (option.category !== category && !input.value.trim()) {
        category = option.category;
        parts.push(h("div", { class: "category", role: "presentation" }, category));
      }
      parts.push(row(option, number));
    }
    list.replaceChildren(...parts);
    put(count, shown.length ? "" : "Nothing is called so. Try fewer letters.");
    mark_();
    close.place();
  }

  function row(option, number) {
    return h("div", {
      class: "option", role: "option", id: `${mark}-${number}`, "aria-selected": "false",
      onpointermove: () => { if (active !== number) { active = number; mark_(false); } },
      onclick: () => pick(number),
    },
    h("span", { class: "name" }, option.name), h("span", { class: "type" }, option.type ?? ""),
    h("span", { class: "about" }, [input.value.trim() ? option.category : "", option.note, option.description].filter(Boolean).join(" · ")));
  }

  function mark_(scrolls = true) {
    for (const element of list.querySelectorAll("[aria-selected=true]")) element.setAttribute("aria-selected", "false");
    const now = list.querySelector(`#${mark}-${active}`);
    now?.setAttribute("aria-selected", "true");
    if (now) input.setAttribute("aria-activedescendant", now.id);
    else input.removeAttribute("aria-activedescendant");
    if (scrolls) now?.scrollIntoView({ block: "nearest" });
  }

  function pick(number) {
    const option = shown[number];
    if (!option) return;
    close();
    option.pick();
  }

  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8 }[event.key];
    if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); pick(active); }
    if (to === undefined) return;
    event.preventDefault();
    active = Math.max(0, Math.min(shown.length - 1, to));
    mark_();
  });
  draw();
  input.focus({ preventScroll: true });
  return close;
}

// --- what there is to pick -------------------------------------------------------------------------------------------

const TYPE_WORDS = { string: "text", number: "number", date: "date", bool: "yes / no", list: "list" };

function labelOptions(store, pick) {
  return store.vocabulary.labels.map((label) => ({
    ...label, kind: "label", type: TYPE_WORDS[label.type], note: label.unit && `in ${label.unit}`, pick: () => pick(label),
  }));
}

function eventOptions(store, pick) {
  return store.vocabulary.events.map((event) => ({ ...event, kind: "event", type: "behaviour", pick: () => pick(event) }));
}

function segmentOptions(store, pick) {
  return store.segments.filter((each) => each.usable && each.id !== store.id).map((segment) => ({
    ...segment, code: segment.id, category: `Segments, ${segment.kind}`, kind: "segment",
    type: segment.count === null ? "–" : grouped.format(segment.count),
    note: [segment.age, segment.note].filter(Boolean).join(", "), pick: () => pick(segment),
  }));
}
