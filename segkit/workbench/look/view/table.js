// A table a page at a time: heads that sort, rows that open, and a line to go from page to page.

/**
 * `columns` are `{ key, title, isNumber, sortable, show(row) }`; `onsort(key, isDown)` and `onopen(row)` may be left out.
 * `keyOf(row)` tells rows apart, so that the focus stays on its row when a table is drawn anew.
 */
function tableOf({ label, columns, keyOf, onsort = null, onopen = null, empty = "Nothing here yet." }) {
  const head = h("tr", {});
  const body = h("tbody", {});
  const table = h("table", { "aria-label": label }, h("thead", {}, head), body);
  const box = h("div", { class: "tablebox", tabIndex: 0, role: "region", "aria-label": label }, table);
  const nothing = h("p", { class: "empty", hidden: true });
  const made = { element: h("div", { class: "table" }, box, nothing), columns, sort: { key: null, isDown: false }, chosen: null };

  function paintHead() {
    head.replaceChildren(...made.columns.map((column) => {
      const isSorted = made.sort.key === column.key;
      const sorted = isSorted ? (made.sort.isDown ? "descending" : "ascending") : "none";
      const props = { scope: "col", class: classOf(column), "aria-sort": column.sortable ? sorted : undefined };
      if (!column.sortable) return h("th", props, column.title || h("span", { class: "unseen" }, column.name ?? "Actions"));
      const arrow = h("span", { class: "arrow", "aria-hidden": "true" }, isSorted ? (made.sort.isDown ? "↓" : "↑") : "");
      return h("th", props, h("button", { type: "button", class: "headof", "data-sort": column.key, onclick: () => {
        made.sort = { key: column.key, isDown: isSorted ? !made.sort.isDown : Boolean(column.isNumber) };
        paintHead();
        head.querySelector(`[data-sort="${CSS.escape(column.key)}"]`)?.focus();
        onsort?.(made.sort.key, made.sort.isDown);
      } }, column.title, arrow));
    }));
  }

  /** Shows rows in the place of those before. */
  made.paint = (rows, sayEmpty = empty) => {
    const focused = document.activeElement?.closest?.("tr[data-key]");
    const held = focused && body.contains(focused) ? [focused.dataset.key, document.activeElement.dataset.keep] : null;
    body.replaceChildren(...rows.map((row) => rowOf(row)));
    nothing.hidden = rows.length > 0;
    box.hidden = !rows.length;
    put(nothing, sayEmpty);
    if (!held) return;
    const again = body.querySelector(`tr[data-key="${CSS.escape(held[0])}"]`);
    (again?.querySelector(`[data-keep="${held[1]}"]`) ?? again?.querySelector("button") ?? box).focus({ preventScroll: true });
  };
  made.paintHead = paintHead;
  made.choose = (key) => {
    made.chosen = key;
    for (const each of body.querySelectorAll("tr[data-key]")) each.classList.toggle("chosen", each.dataset.key === String(key));
  };

  function rowOf(row) {
    const key = String(keyOf(row));
    const cells = made.columns.map((column, number) => {
      const shown = column.show(row);
      const props = { class: classOf(column) };
      if (number || !onopen) return h("td", props, shown ?? "");
      return h("th", { ...props, scope: "row" }, h("button", { type: "button", class: "opens", "data-keep": "open", onclick: () => onopen(row) }, shown));
    });
    const element = h("tr", { "data-key": key, class: key === String(made.chosen) ? "chosen" : "" }, cells);
    if (onopen) element.addEventListener("click", (event) => { if (!event.target.closest("button, a, input, select")) onopen(row); });
    return element;
  }

  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = step && event.target.closest?.("tr");
    if (!row || event.target.matches("input, select")) return;
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    const to = next?.querySelector(event.target.dataset.keep ? `[data-keep="${event.target.dataset.keep}"]` : "button");
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  paintHead();
  return made;
}

/** Of a column's cells: what it is called, so that a narrow view can leave it out. */
const classOf = (column) => `of-${column.key}${column.isNumber ? " number" : ""}`;

/** `1–100 of 12,408` with buttons to the first, previous, next and last page; `go(offset)` shows one. */
function pagerOf(go, size = 100) {
  const words = h("span", { class: "note", "aria-live": "polite" });
  let offset = 0;
  let total = 0;
  const last = () => Math.max(0, Math.floor((total - 1) / size) * size);
  const step = (text, to) => button(text, () => go(to()), { class: "plain" });
  const steps = [
    step("First", () => 0), step("Previous", () => Math.max(0, offset - size)),
    step("Next", () => Math.min(last(), offset + size)), step("Last", last),
  ];
  const element = h("nav", { class: "pager", "aria-label": "Pages" }, words, h("span", { class: "steps" }, steps));
  const paint = (from, all) => {
    [offset, total] = [from, all];
    put(words, all ? `${grouped.format(from + 1)}–${grouped.format(Math.min(all, from + size))} of ${grouped.format(all)}` : "");
    steps[0].disabled = steps[1].disabled = from <= 0;
    steps[2].disabled = steps[3].disabled = from >= last();
    element.hidden = all <= size;
  };
  return { element, paint };
}
