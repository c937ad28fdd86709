// What is picked from popovers: columns, and the value of a label that users are filtered by.

let lastId = 0;
const MOST_COLUMNS = 40;

/** Columns as boxes to tick, found by a few letters. `onchange(codes)` hears each change, in the order of the list. */
function openColumns(root, anchor, labels, chosen, onchange) {
  const ticked = new Set(chosen);
  const said = h("p", { class: "note status", role: "status" });
  const input = h("input", { type: "search", "aria-label": "Find a column", placeholder: "Find a column…", autocomplete: "off" });
  const list = h("div", { class: "options columns", role: "group", "aria-label": "Columns" });
  const tick = (code, is) => {
    if (is) ticked.add(code); else ticked.delete(code);
    put(said, ticked.size > MOST_COLUMNS ? `At most ${MOST_COLUMNS} columns; take some away.` : `${ticked.size} of ${labels.length} columns`);
    if (ticked.size <= MOST_COLUMNS) onchange(labels.filter((each) => ticked.has(each.code)).map((each) => each.code));
  };
  const draw = () => {
    let category = null;
    list.replaceChildren(...found(labels, input.value).flatMap((label) => {
      const isNew = !input.value.trim() && label.category !== category;
      category = label.category;
      const box = h("input", { type: "checkbox", checked: ticked.has(label.code), onchange: (event) => tick(label.code, event.target.checked) });
      const line = h("label", { class: "tickline" }, box, h("span", {}, label.name), label.is_personal ? h("span", { class: "note" }, "personal data") : null);
      return isNew ? [h("div", { class: "category" }, category), line] : [line];
    }));
  };
  input.addEventListener("input", draw);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const boxes = [...list.querySelectorAll("input")];
    (boxes[boxes.indexOf(document.activeElement) + step] ?? input).focus();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    list.querySelector("input")?.focus();
  });
  draw();
  put(said, `${ticked.size} of ${labels.length} columns`);
  openPopover(root, anchor, h("div", { class: "picker" }, h("div", { class: "search" }, icon("search"), input), list, said), { label: "Columns", width: 320 });
  input.focus({ preventScroll: true });
}

/** Asks for the value of a label that users must have; `done(where, words)` gets the condition and how it reads. */
function openValue(view, anchor, label, done) {
  const is = (op, value, words) => { close(); done({ label: label.code, op, ...(value === undefined ? {} : { value }) }, `${label.name}: ${words}`); };
  const choices = [["no value", () => is("is_empty", undefined, "no value")], ["any value", () => is("not_empty", undefined, "any value")]];
  if (label.type === "bool") choices.unshift(["yes", () => is("eq", true, "yes")], ["no", () => is("eq", false, "no")]);
  const plain = h("div", { class: "choices" }, choices.map(([text, run]) => button(text, run)));
  const parts = [h("h4", {}, label.name), plain];
  if (label.is_personal) parts.push(h("p", { class: "note" }, "Personal data is not searched here. The search above finds a user by a whole address or number."));
  else if (label.type === "number" || label.type === "date") parts.push(rangeOf(label, is));
  else if (label.type !== "bool") parts.push(valuesOf(view, label, is));
  const content = h("div", { class: "pastebox" }, parts);
  const close = openPopover(view.root, anchor, content, { label: `Filter by ${label.name}`, width: 340 });
  (content.querySelector("input") ?? content.querySelector("button")).focus({ preventScroll: true });
}

function rangeOf(label, is) {
  const type = label.type === "date" ? "date" : "number";
  const [from, to] = ["From", "To"].map((text) => h("input", { type, step: "any", "aria-label": `${label.name}, ${text.toLowerCase()}`, placeholder: text }));
  const shown = (text) => (type === "date" ? dayWords(text) : text);
  const apply = () => {
    const [low, high] = [from.value, to.value];
    if (!low && !high) return from.focus();
    const words = low && high ? `${shown(low)} to ${shown(high)}` : low ? `from ${shown(low)} on` : `up to ${shown(high)}`;
    if (type === "date") return is("between", [low || "1000-01-01", high || "9999-12-31"], words);
    if (low && high) return is("between", [Number(low), Number(high)], words);
    return low ? is("ge", Number(low), words) : is("le", Number(high), words);
  };
  return h("form", { class: "range", onsubmit: (event) => { event.preventDefault(); apply(); } }, from, h("span", {}, "to"), to, h("button", { type: "submit", class: "primary" }, "Filter"));
}

function valuesOf(view, label, is) {
  const list = h("div", { class: "options values", role: "group", "aria-label": `Values of ${label.name}`, tabIndex: -1 }, h("p", { class: "note" }, "Reading the values…"));
  const input = h("input", { type: "search", "aria-label": `Find a value of ${label.name}`, placeholder: "Find a value…", autocomplete: "off" });
  let asked = 0;
  const read = async () => {
    const mine = ++asked;
    const answer = await view.ask("values", { label: label.code, search: input.value.trim() }, { quiet: true });
    if (mine !== asked) return;
    if (answer.refused) return list.replaceChildren(h("p", { class: "problem" }, answer.refused));
    list.replaceChildren(...answer.values.map((each) => button("", () => (label.type === "list" ? is("contains", [each.value], each.text) : is("eq", each.value, each.text)), { class: "value" })), ...[]);
    [...list.children].forEach((element, number) => element.append(h("span", {}, answer.values[number].text), h("span", { class: "left" }, grouped.format(answer.values[number].count))));
    if (!answer.values.length) list.replaceChildren(h("p", { class: "note" }, "No user has such a value."));
  };
  let waiting = null;
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(read, 200); });
  read();
  return h("div", { class: "picker" }, h("div", { class: "search" }, icon("search"), input), list);
}
