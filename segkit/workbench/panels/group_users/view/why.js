// Why a person is in a segment or not: the rule as a tree with a verdict on every line, and what would turn it.

const MARKS = new Map([[true, ["good", "✓", "true"]], [false, ["bad", "✗", "false"]], [null, ["", "–", "muted"]]]);

/** An explanation; `more(line, box)` fetches the rows behind those that are shown. */
function whyOf(found, more) {
  const [kind, mark] = MARKS.get(found.is_in);
  const near = found.near.map((miss) => h("li", {}, h("span", {}, miss.text),
    h("span", { class: "turns" }, miss.turns ? `${miss.seen ? `${miss.seen} → ` : "turns "}${miss.turns}` : "nothing that the user does turns it"),
    miss.beside.length ? h("span", { class: "note also" }, `Reads the same data: ${miss.beside.join("; ")}`) : null));
  return h("div", { class: "why" },
    h("div", { class: "verdictline" }, h("span", { class: `verdict ${kind}`, "aria-hidden": "true" }, mark),
      h("h4", { tabIndex: -1, class: "title" }, `${found.is_in ? "In" : "Not in"} ‘${found.subject}’`)),
    h("div", { class: "near" }, h("p", {}, found.change), near.length ? h("ul", {}, near) : null),
    h("ul", { class: "tree", "aria-label": "The rule, line by line" }, lineOf(found.tree, more)),
    found.notes.map((note) => h("p", { class: "note" }, `Note: ${note}.`)));
}

function lineOf(line, more) {
  const [kind, mark, said] = MARKS.get(line.holds);
  const isGroup = line.inside.length > 0;
  const text = h("span", { class: "text" }, line.text, line.note ? h("span", { class: "note" }, ` ${line.note}`) : null);
  const head = h("div", { class: `line${isGroup ? " group" : ""}${line.holds === null ? " muted" : ""}` },
    h("span", { class: `mark ${kind}`, role: "img", "aria-label": said }, mark), text,
    line.seen ? h("span", { class: "seen" }, h("span", { class: "unseen" }, "seen: "), line.seen) : null,
    line.is_near ? h("span", { class: "below note turns" }, "◂ would turn the whole by itself") : null,
    line.rows ? rowsOf(line, more) : null);
  return h("li", {}, head, isGroup ? h("ul", { class: line.kind }, line.inside.map((each) => lineOf(each, more))) : null);
}

/** The rows that count, in a fold; the newest first, and a button for what is before them. */
function rowsOf(line, more) {
  const { total, shown } = line.rows;
  const body = h("tbody", {}, eventRows(shown));
  const words = `${grouped.format(total)} event${total === 1 ? "" : "s"}`;
  const box = h("details", { class: "below" }, h("summary", {}, words), h("table", { class: "events", "aria-label": `The events that count: ${line.text}` }, body));
  let next = line.rows.next;
  if (next !== null) {
    const earlier = button("Show earlier ones", async () => {
      const found = await more(line.place, next);
      if (!found) return;
      body.append(...eventRows(found.shown));
      next = found.next;
      if (next === null) { earlier.remove(); box.querySelector("summary").focus(); }
    });
    box.append(earlier);
  }
  return box;
}

function eventRows(rows) {
  return rows.map((row) => h("tr", {}, h("td", { class: "when" }, row.when), h("td", { class: "what" }, row.name, row.role ? h("span", { class: "note" }, ` ${row.role}`) : null), h("td", { class: "more" }, row.told)));
}
