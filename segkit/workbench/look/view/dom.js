// Elements, icons and numbers. Nothing here knows what a rule is.

const ICONS = {
  plus: "M8 3v10M3 8h10", close: "M4 4l8 8M12 4l-8 8", more: "M3.5 8h.01M8 8h.01M12.5 8h.01", down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4", grip: "M6 4h.01M6 8h.01M6 12h.01M10 4h.01M10 8h.01M10 12h.01",
  undo: "M6 4L3 7l3 3M3.5 7H9a4 4 0 0 1 0 8H7", redo: "M10 4l3 3-3 3M12.5 7H7a4 4 0 0 0 0 8h2",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3", mute: "M2 8s2-4 6-4 6 4 6 4-2 4-6 4-6-4-6-4zM3 13L13 3",
  mail: "M2 4h12v8H2zM2 4.5l6 4 6-4", phone: "M5 2h6v12H5zM7.5 12h1", push: "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM7 14h2",
  note: "M8 2l6.5 11.5h-13zM8 6.5v3.5M8 12h.01", check: "M3 8.5l3 3 7-7", copy: "M5 5V2h9v9h-3M2 5h9v9H2z",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3l2 1.5",
};
const grouped = new Intl.NumberFormat();
const oneDecimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** An element with properties (`on…` are listeners; names with a dash, `role`, `for` are attributes) and children. */
function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && !key.includes("-") && !["list", "role", "popover"].includes(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon i-${name}`);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon and is called by its name. */
function iconButton(name, label, onclick, props = {}) {
  return h("button", { type: "button", class: "plain", "aria-label": label, title: label, onclick, ...props }, icon(name));
}

/** A list to choose one from, which looks like a word until it is touched. */
function wordSelect(label, options, chosen, onchange, keep, props = {}) {
  const groups = Map.groupBy ? Map.groupBy(options, ([, , group]) => group ?? "") : new Map([["", options]]);
  const made = ([value, text]) => h("option", { value }, text);
  const select = h("select", { "aria-label": label, class: "word", "data-keep": keep, ...props },
    [...groups].map(([group, those]) => (group ? h("optgroup", { label: group }, those.map(made)) : those.map(made))));
  select.value = chosen;
  select.addEventListener("change", () => onchange(select.value));
  return select;
}

function word(text, name = "") {
  return text ? h("span", { class: `plainword ${name}` }, text) : null;
}

function share(count, base) {
  return base ? `${oneDecimal.format((100 * count) / base)} %` : "–";
}

/** Replaces what an element holds only where it differs, so that nothing flickers. */
function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
