// Which segments are looked at, and how one or several things are chosen from many by a few letters.

/** Opens a list to choose from: `options` are `{ id, name, about, group, isOn }`. With `onmany` several, each at once. */
function pickFrom(view, anchor, { label, options, onpick = null, onmany = null }) {
  const mark = `p${++lastPick}`;
  const input = h("input", { type: "text", role: "combobox", "aria-label": label, "aria-expanded": "true", "aria-controls": `${mark}-list`, "aria-autocomplete": "list", autocomplete: "off", placeholder: "A few letters find it" });
  const list = h("div", { class: "options", role: "listbox", id: `${mark}-list`, "aria-label": label, "aria-multiselectable": onmany ? "true" : undefined });
  const found = h("div", { class: "found", "aria-live": "polite" });
  let shown = [];
  let active = 0;

  const paint = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = options.filter((option) => words.every((word) => `${option.name} ${option.group ?? ""}`.toLowerCase().includes(word)));
    active = Math.max(0, Math.min(active, shown.length - 1));
    let group = null;
    list.replaceChildren(...shown.flatMap((option, number) => {
      const made = h("div", {
        class: "option", role: "option", id: `${mark}-${number}`, "data-active": number === active || undefined,
        "aria-selected": String(onmany ? Boolean(option.isOn) : number === active),
        onclick: () => { active = number; choose(option); },
      }, h("span", { class: "name" }, onmany ? h("span", { class: "tick" }, option.isOn ? icon("check") : "") : null, option.name), h("span", { class: "type" }, option.about ?? ""));
      const head = option.group && option.group !== group ? [h("div", { class: "category", role: "presentation" }, option.group)] : [];
      group = option.group;
      return [...head, made];
    }));
    put(found, shown.length ? "" : "Nothing has these letters.");
    input.setAttribute("aria-activedescendant", shown.length ? `${mark}-${active}` : "");
    list.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    if (!option) return;
    if (!onmany) { close(); onpick(option.id); return; }
    option.isOn = !option.isOn;
    paint();
    onmany(options.filter((each) => each.isOn).map((each) => each.id));
  };
  input.addEventListener("input", () => { active = 0; paint(); });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) { active = (active + step + shown.length) % shown.length; paint(); event.preventDefault(); }
    if (event.key === "Enter") { event.preventDefault(); choose(shown[active]); }
  });
  const close = openPopover(view.root, anchor, h("div", { class: "picker" }, h("div", { class: "search" }, icon("search"), input), list, found), { label, width: 340 });
  paint();
  close.place();
  input.focus({ preventScroll: true });
  return close;
}
let lastPick = 0;

/** The segments that are looked at, each with its colour, and what adds another. */
function chipsOf(view, state, changed) {
  const list = h("ul", { class: "chips", "aria-label": "Segments that are looked at" });
  const add = h("button", { type: "button", class: "add", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => open() }, icon("plus"), "Add a segment");
  const element = h("div", { class: "chosen" }, list, add);

  function open() {
    const options = state.segments.filter((each) => !state.chosen.includes(each.id)).map((each) => ({
      id: each.id, name: each.name, group: each.folder || { predefined: "Ready-made", custom: "Saved", imported: "Imported lists" }[each.kind], about: countWords(each.count),
    }));
    options.sort((one, other) => (one.group ?? "").localeCompare(other.group ?? "") || one.name.localeCompare(other.name));
    pickFrom(view, add, { label: "Segment to look at", options, onpick: (id) => changed([...state.chosen, id]) });
  }
  function remove(id) {
    const at = state.chosen.indexOf(id);
    changed(state.chosen.filter((each) => each !== id));
    (list.querySelectorAll("button")[Math.min(at, state.chosen.length - 1)] ?? add).focus();
  }
  function paint() {
    list.replaceChildren(...state.chosen.map((id) => h("li", { class: "chip" }, swatch(state.colours.of(id)),
      h("span", { class: "name", title: state.nameOf(id) }, state.nameOf(id)), iconButton("close", `Leave ‘${state.nameOf(id)}’ out`, () => remove(id)))));
    list.hidden = !state.chosen.length;
    add.disabled = state.chosen.length >= state.most;
    add.title = add.disabled ? `At most ${state.most} segments at a time` : "";
  }
  return { element, paint, open: () => { add.focus(); open(); } };
}

/** A list to choose one of the segments that are looked at, or with `others` of all that there are. */
function segmentSelect(label, state, onchange, { empty = null, others = false } = {}) {
  const select = h("select", { "aria-label": label });
  let chosen = "";
  const paint = () => {
    const first = state.chosen.map((id) => [id, state.nameOf(id)]);
    const rest = others ? state.segments.filter((each) => !state.chosen.includes(each.id)).map((each) => [each.id, each.name]) : [];
    const made = ([value, text]) => h("option", { value }, text);
    select.replaceChildren(...[empty ? made(["", empty]) : null, ...(rest.length && first.length
      ? [h("optgroup", { label: "Looked at" }, first.map(made)), h("optgroup", { label: "Others" }, rest.map(made))]
      : [...first, ...rest].map(made))].filter(Boolean));
    if (![...select.options].some((option) => option.value === chosen)) chosen = select.options[0]?.value ?? "";
    select.value = chosen;
  };
  select.addEventListener("change", () => { chosen = select.value; onchange(); });
  return {
    element: labelled(label, select), paint,
    get value() { return chosen; },
    set value(id) { chosen = id; paint(); },
  };
}
