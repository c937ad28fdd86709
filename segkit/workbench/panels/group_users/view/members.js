// The members a page at a time: which segments they are in, what is searched and filtered, and their table.

/** A row of segments as words: `‘Churned’ ×`, and a button to add one. */
function segmentRow({ root, label, name, offered, onchange }) {
  const list = h("ul", { class: "chips", "aria-label": label });
  const add = button([icon("plus"), name], () => openPicker(root, add, { label: name, options: offered(pick) }), { "aria-haspopup": "dialog" });
  let chosen = [];
  const pick = (segment) => { if (!chosen.some((each) => each.id === segment.id)) onchange([...chosen, segment]); };
  const paint = (segments) => {
    chosen = segments;
    list.hidden = !chosen.length;
    list.replaceChildren(...chosen.map((each) => h("li", { class: "chip" }, h("span", {}, each.name),
      iconButton("close", `Take away ${each.name}`, () => { onchange(chosen.filter((other) => other !== each)); add.focus(); }))));
  };
  return { element: h("div", { class: "segmentrow" }, h("span", { class: "label" }, label), list, add), paint };
}

/** The table of members. `ask` fetches a page; `state` is what the panel shows. */
function membersOf({ labels, state, onsort, onopen, onpage, size }) {
  const byCode = new Map(labels.map((label) => [label.code, label]));
  const uid = { key: "uid", title: "User", sortable: true, show: (row) => row.uid };
  const columns = () => [uid, ...state.columns.map((code, at) => {
    const label = byCode.get(code);
    const sortable = label.is_sortable && (!label.is_personal || state.isShown);
    return { key: code, title: label.name, isNumber: label.type === "number" && !label.is_personal, sortable, show: (row) => row.cells[at] || h("span", { class: "none" }, "–") };
  })];
  const table = tableOf({ label: "Members", columns: columns(), keyOf: (row) => row.no, onsort, onopen });
  const pager = pagerOf(onpage, size);
  const element = h("div", { class: "members" }, table.element, pager.element);

  /** Shows a page that was fetched for the columns of now. */
  const paint = (page, sayEmpty) => {
    table.columns = columns();
    table.sort = { key: state.sort || null, isDown: state.isDown };
    const sorted = document.activeElement?.dataset?.sort;
    table.paintHead();
    if (sorted) element.querySelector(`[data-sort="${CSS.escape(sorted)}"]`)?.focus({ preventScroll: true });
    table.paint(page.rows, sayEmpty);
    pager.paint(page.offset, page.total);
    table.choose(table.chosen);
  };
  return { element, paint, choose: table.choose, focusRow: (no) => element.querySelector(`tr[data-key="${no}"] button`)?.focus() };
}
