// The parts of the import panel: columns of a file, what came of it, the lists that are there.

const FIELD_WORDS = { email: "E-mail", mobile: "Mobile", uid: "User id", param1: "Parameter 1", param2: "Parameter 2", param3: "Parameter 3" };
const STATUS_WORDS = { rejected: "Rejected", duplicate: "Duplicate", external: "External" };

/** A select for each field: which column of the file it is. `change` is called after each choice. */
function columnsOf(fields, look, change) {
  const chosen = Object.fromEntries(fields.map((field) => [field, look.columns[field] ?? -1]));
  const one = (field) => {
    const select = h("select", { "aria-label": `${FIELD_WORDS[field]}, column of the file` },
      h("option", { value: "-1" }, "not in this file"),
      look.headings.map((heading, place) => h("option", { value: String(place) }, heading || `column ${place + 1}`)));
    select.value = String(chosen[field]);
    select.addEventListener("change", () => { chosen[field] = Number(select.value); change(); });
    return labelled(FIELD_WORDS[field], select);
  };
  const element = h("fieldset", { class: "columns" }, h("legend", {}, "Which column is what"),
    h("div", { class: "grid" }, fields.slice(0, 3).map(one)),
    h("details", {}, h("summary", {}, "Parameters"), h("div", { class: "grid" }, fields.slice(3).map(one))));
  return { element, chosen, isComplete: () => ["email", "mobile", "uid"].some((field) => chosen[field] >= 0) };
}

/** `1 row`, `12,408 rows`. */
function manyWords(count, one, many = `${one}s`) {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** Large counts side by side. */
function tilesOf(pairs) {
  return h("dl", { class: "tiles" }, pairs.map(([term, count]) => h("div", {}, h("dt", {}, term), h("dd", {}, countWords(count)))));
}

/** What came of an import; `save(format)` hands over the rows to mend, `mend()` makes ready for them. */
function resultOf(report, mayExport, save, mend) {
  const parts = [
    h("h4", { tabIndex: -1, class: "done" }, `‘${report.name}’, version ${report.version}`),
    tilesOf([["Users", report.matched], ["External", report.external], ["Rejected", report.rejected], ["Duplicate", report.duplicate]]),
    h("p", {}, `${manyWords(report.rows, "row")}. The list now has ${manyWords(report.list_users, "user")} and ${manyWords(report.list_external, "external address", "external addresses")}.`),
  ];
  if (report.held_back) parts.push(h("p", { class: "note" }, `Held back: ${manyWords(report.held_back, "external address", "external addresses")}, since nobody has stated that they agreed to e-mail.`));
  const reasons = Object.entries(report.reasons);
  if (reasons.length) {
    parts.push(h("h4", {}, "Why rows were rejected"), h("ul", { class: "reasons" }, reasons.map(([words, count]) => h("li", {}, h("b", {}, countWords(count)), ` ${words}`))));
  }
  for (const [status, rows] of Object.entries(report.examples)) parts.push(examplesOf(status, rows, report[status]));
  if (report.no_examples) parts.push(h("p", { class: "note" }, report.no_examples));
  if (report.rejected) {
    const way = mayExport
      ? h("div", { class: "choices" }, button("Save the rejected rows", () => save("xlsx"), { class: "primary" }), button("as CSV", () => save("csv")), button("Import the mended file", mend))
      : h("p", { class: "note" }, "The rejected rows leave as a file, which takes the role exporter or admin.");
    parts.push(h("p", { class: "note" }, "Mend them in the file, which says the reason in each row, and import it again: the panel is set to add it to this list."), way);
  }
  return parts;
}

function examplesOf(status, rows, count) {
  const shown = ["row", "email", "mobile", "uid", ...(status === "external" ? [] : ["reason"])];
  const keys = shown.filter((key) => rows.some((row) => row[key] !== null && row[key] !== ""));
  const title = count > rows.length ? `${STATUS_WORDS[status]}: the first ${rows.length} of ${countWords(count)}, masked` : `${STATUS_WORDS[status]}, masked`;
  return h("details", { open: status === "rejected" }, h("summary", {}, title),
    h("div", { class: "tablebox", tabIndex: 0, role: "region", "aria-label": title }, h("table", {},
      h("thead", {}, h("tr", {}, keys.map((key) => h("th", { scope: "col" }, key === "row" ? "Row" : FIELD_WORDS[key] ?? "Reason")))),
      h("tbody", {}, rows.map((row) => h("tr", {}, keys.map((key) => h("td", { class: key === "reason" ? "why" : "" }, row[key] === null ? "" : String(row[key])))))))));
}

/** The lists of the app, and the versions of the one that is open. */
function listsOf(view, lists, into) {
  const versions = h("div", { class: "versions", hidden: true, "aria-live": "polite" });
  const table = tableOf({
    label: "Lists of this app", keyOf: (row) => row.id, empty: "No list yet. The first one that you import stands here.",
    columns: [
      { key: "name", title: "List", show: (row) => row.name },
      { key: "users", title: "Users", isNumber: true, show: (row) => countWords(row.users) },
      { key: "external", title: "External", isNumber: true, show: (row) => countWords(row.external) },
      { key: "rejected", title: "Rejected last", isNumber: true, show: (row) => countWords(row.rejected) },
      { key: "updated", title: "Updated", show: (row) => row.updated },
      { key: "into", title: "", name: "Actions", show: (row) => button("Import into it", () => into(row.id), { class: "plain", "data-keep": "into", "aria-label": `Import into ${row.name}` }) },
    ],
    onopen: async (row) => {
      const answer = await view.ask("versions", { list: row.id });
      if (!answer) return;
      table.choose(row.id);
      versions.hidden = false;
      versions.replaceChildren(h("h4", {}, `Versions of ‘${row.name}’`), h("ol", {}, answer.versions.map((each) => h("li", { value: each.number },
        `${each.made}, ${each.by}: ${each.cause}${each.mode && each.cause === "a file" ? ` (${each.mode})` : ""} – ${countWords(each.users)} users, ${countWords(each.external)} external`))));
    },
  });
  table.paint(lists);
  return { element: h("section", { class: "lists", "aria-label": "Lists" }, h("h4", {}, "Lists"), table.element, versions), paint: table.paint };
}
