// Controls for the value of a comparison, by the shape that its operator wants.

/** A value of another shape made of what there is, or what stands there first. */
function adapted(value, wants) {
  const list = Array.isArray(value) ? value : value === undefined || value === null || typeof value === "boolean" ? [] : [value];
  const texts = list.filter((item) => typeof item === "string");
  const numbers = list.filter((item) => typeof item === "number");
  const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text);
  switch (wants) {
    case "nothing": return undefined;
    case "bool": return typeof value === "boolean" ? value : true;
    case "days": return Number.isInteger(numbers[0]) ? numbers[0] : 30;
    case "days pair": return numbers.length === 2 ? numbers : [7, 30];
    case "number": return numbers[0] ?? null;
    case "numbers pair": return numbers.length === 2 ? numbers : null;
    case "date": return texts.find(isDay) ?? null;
    case "dates pair": return texts.filter(isDay).length === 2 ? texts : null;
    case "text": return texts[0] ?? null;
    default: return texts;
  }
}

/** Controls for a value. `set(value, {typed})` says what it is now; `source` names where values to choose from are. */
function valueControls(view, { wants, value, declared, source, set, keep, label }) {
  const unit = declared?.unit ? word(declared.unit) : null;
  const named = (text) => `${label}, ${text}`;
  switch (wants) {
    case "nothing": return [];
    case "bool": return [wordSelect(named("value"), [["true", "yes"], ["false", "no"]], String(value), (chosen) => set(chosen === "true"), `${keep}|value`)];
    case "number": return [numberInput(value, (number) => set(number, { typed: `${keep}|value` }), `${keep}|value`, named("value"), "any"), unit];
    case "days": return [numberInput(value, (number) => set(number, { typed: `${keep}|value` }), `${keep}|value`, named("days"))];
    case "numbers pair": return [...pair(value, set, keep, [named("from"), named("to")], numberInput, "any"), unit];
    case "days pair": return pair(value, set, keep, [named("from, days"), named("to, days")], numberInput);
    case "date": return [dateInput(value, (day) => set(day, { typed: `${keep}|value` }), `${keep}|value`, named("day"))];
    case "dates pair": return pair(value, set, keep, [named("first day"), named("last day")], dateInput);
    case "text": return [textInput(view, { value, declared, source, set, keep, label })];
    default: return [chips(view, { value, declared, source, set, keep, label })];
  }
}

function numberInput(value, onvalue, keep, label, step = "1") {
  const input = h("input", { type: "number", class: "number", step, "aria-label": label, "data-keep": keep, inputMode: "decimal" });
  input.value = value ?? "";
  const fit = () => { input.style.width = `${Math.max(3, input.value.length) + 3.5}ch`; };
  fit();
  input.addEventListener("focus", () => input.select()); // what is typed takes its place
  input.addEventListener("input", () => {
    fit();
    const number = input.value === "" ? null : Number(input.value);
    onvalue(number !== null && Number.isFinite(number) && (step === "any" || Number.isInteger(number)) ? number : null);
  });
  return input;
}

function dateInput(value, onvalue, keep, label) {
  const input = h("input", { type: "date", "aria-label": label, "data-keep": keep });
  input.value = value ?? "";
  input.addEventListener("input", () => onvalue(input.value || null));
  return input;
}

/** Two inputs with "and" between them; the value is there once both are. */
function pair(value, set, keep, labels, make, step) {
  const both = Array.isArray(value) ? [...value] : [null, null];
  const each = (place) => make(both[place], (one) => {
    both[place] = one;
    set(both.includes(null) ? null : [...both], { typed: `${keep}|value${place}` });
  }, `${keep}|value${place}`, labels[place], step);
  return [each(0), word("and"), each(1)];
}

const nameOfValue = (declared, value) => declared?.values?.[String(value)] ?? String(value);

function codeOfName(declared, text) {
  const wanted = text.trim().toLowerCase();
  return Object.entries(declared?.values ?? {}).find(([, name]) => name.toLowerCase() === wanted)?.[0] ?? text.trim();
}

/** One text, typed or chosen. */
function textInput(view, { value, declared, source, set, keep, label }) {
  const input = h("input", { type: "text", class: "text", "data-keep": `${keep}|value`, placeholder: "a value", autocomplete: "off", spellcheck: false });
  input.value = value === null || value === undefined ? "" : nameOfValue(declared, value);
  const fit = () => { input.style.width = `${Math.min(40, Math.max(10, input.value.length + 2))}ch`; };
  const take = (text) => set(text === "" ? null : text, { typed: `${keep}|value` });
  fit();
  input.addEventListener("input", () => { fit(); take(codeOfName(declared, input.value)); });
  return choices(view, input, {
    label: `${label}, value`, source, declared,
    onpick: (picked) => { input.value = nameOfValue(declared, picked); fit(); take(picked); return true; },
    isChosen: (each) => each === codeOfName(declared, input.value),
  });
}

/** Several texts as chips: chosen with their counts, typed, or pasted from a spreadsheet. */
function chips(view, { value, declared, source, set, keep, label }) {
  let now = Array.isArray(value) ? [...value] : value === null || value === undefined ? [] : [value];
  const input = h("input", { type: "text", class: "add", "data-keep": `${keep}|value`, autocomplete: "off", spellcheck: false });
  const box = h("span", { class: "chips", role: "group", "aria-label": `${label}, values` });
  const MOST = 12;
  let isOpen = false;

  function draw() {
    const shown = isOpen ? now : now.slice(0, MOST);
    const each = shown.map((one, place) => h("button", {
      type: "button", class: "chip", "aria-label": `Remove ${nameOfValue(declared, one)}`, onclick: () => {
        take(now.filter((_, number) => number !== place));
        (box.querySelectorAll(".chip")[Math.max(0, place - 1)] ?? input).focus();
      },
    }, nameOfValue(declared, one), icon("close")));
    const left = now.length - shown.length;
    const more = left > 0 ? h("button", { type: "button", class: "chip more", onclick: () => { isOpen = true; draw(); } }, `and ${grouped.format(left)} more`) : null;
    input.placeholder = now.length ? "add" : "choose values";
    for (const old of [...box.children]) if (old !== input) old.remove(); // the input stays: moved, it would lose the focus
    for (const chip of [...each, more]) if (chip) box.insertBefore(chip, input);
  }

  function take(values) {
    now = [...new Set(values)];
    draw();
    set(now, { typed: `${keep}|value` });
  }

  function own(text) {
    const many = text.split(/[\n\r\t;]+/).map((each) => codeOfName(declared, each)).filter(Boolean);
    if (many.length) take([...now, ...many]);
    input.value = "";
  }

  input.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[\n\r\t;]/.test(text.trim())) return;
    event.preventDefault();
    own(text);
    view.say(`${grouped.format(now.length)} values`);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && input.value === "" && now.length) take(now.slice(0, -1));
    if (event.key === "Enter" && input.value.trim() && !event.defaultPrevented) { event.preventDefault(); own(input.value); }
  });
  input.addEventListener("blur", () => { if (input.value.trim()) own(input.value); });
  box.append(choices(view, input, {
    label: `${label}, add a value`, source, declared, isMany: true,
    onpick: (picked) => { take(now.includes(picked) ? now.filter((each) => each !== picked) : [...now, picked]); input.value = ""; return false; },
    isChosen: (each) => now.includes(each),
  }));
  draw();
  return box;
}

/** Makes an input offer what the data holds: most frequent first, with counts, more as one scrolls, found by letters. */
function choices(view, input, { label, source, declared, onpick, isChosen, isMany = false }) {
  const mark = `v${++lastId}`;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-label": label, "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": mark })) input.setAttribute(name, value);
  let close = null;
  let rows = [];
  let active = -1;
  let hasMore = false;
  let asked = 0;
  const list = h("div", { class: "options values", role: "listbox", id: mark, "aria-label": label, "aria-multiselectable": isMany ? "true" : undefined });
  const foot = h("div", { class: "found" });

  async function load(offset) {
    const mine = ++asked;
    if (!offset) put(foot, "Looking…");
    try {
      const search = declared?.personal ? "" : searched();
      const found = await view.store.ask({ do: "values", ...source, search, offset });
      if (mine !== asked) return;
      rows = offset ? [...rows, ...found.values] : found.values;
      hasMore = found.more;
      if (!offset) active = -1;
      draw();
      const none = found.without ? `${grouped.format(found.without)} users have no value` : "";
      put(foot, found.personal ? "Personal data is masked here; type the value itself." : rows.length ? none : "No such value in the data; Enter takes what is typed.");
    } catch (error) {
      put(foot, error.message);
    }
  }

  const searched = () => (isMany || input.dataset.typed ? input.value.trim() : "");

  function draw() {
    list.replaceChildren(...rows.map((row, number) => h("div", {
      class: "option value", role: "option", id: `${mark}-${number}`, "aria-selected": String(isChosen(row.value)), "data-active": number === active ? "true" : undefined,
      onpointerdown: (event) => { event.preventDefault(); pick(number); },
    }, isMany ? h("span", { class: "tick" }, isChosen(row.value) ? icon("check") : null) : null, h("span", { class: "name" }, row.name || "(empty text)"), h("span", { class: "type" }, grouped.format(row.count)))));
    close?.place();
  }

  function pick(number) {
    const row = rows[number];
    if (!row || declared?.personal) return;
    if (onpick(row.value)) shut();
    else { draw(); show(number); }
  }

  function show(number) {
    active = Math.max(-1, Math.min(rows.length - 1, number));
    for (const option of list.children) delete option.dataset.active;
    const now = list.children[active];
    if (now) { now.dataset.active = "true"; now.scrollIntoView({ block: "nearest" }); input.setAttribute("aria-activedescendant", now.id); }
    else input.removeAttribute("aria-activedescendant");
    if (hasMore && active > rows.length - 5) load(rows.length);
  }

  function open() {
    if (close) return;
    close = openPopover(view.root, input, h("div", { class: "picker" }, list, foot), { label, width: 300, keepsFocus: false, onclose: () => { close = null; } });
    load(0);
  }
  const shut = () => close?.(false);
  let timer = null;
  input.addEventListener("click", open);
  input.addEventListener("input", () => {
    input.dataset.typed = "true";
    open();
    clearTimeout(timer);
    timer = setTimeout(() => load(0), TYPING);
  });
  input.addEventListener("blur", () => { delete input.dataset.typed; shut(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.altKey && !close) return;
      event.preventDefault();
      if (!close) open();
      else show(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && close && active >= 0) {
      event.preventDefault();
      pick(active);
    } else if (event.key === "Enter" && close && !isMany) shut();
    else if (event.key === "Escape" && close) { event.preventDefault(); event.stopPropagation(); shut(); }
  });
  list.addEventListener("scroll", () => { if (hasMore && list.scrollTop + list.clientHeight > list.scrollHeight - 60) load(rows.length); });
  return input;
}
