// The parts of the export panel: choosing from many, what will be written, what was written before.

/**
 * Chooses several of `items` (`{ id, name, note, about, never }`) by a search field; chosen ones stand above it as words.
 * `never` says why one cannot be chosen. `change()` is called after each choice.
 */
function chooserOf({ label, items, chosen, change, empty }) {
  const most = 60;
  const picked = new Set(chosen);
  const chips = h("ul", { class: "chips", "aria-label": `${label} chosen` });
  const input = h("input", { type: "search", placeholder: `Search ${label.toLowerCase()}`, "aria-label": `Search ${label.toLowerCase()}`, oninput: () => list() });
  const options = h("div", { class: "picks", role: "group", "aria-label": label, tabIndex: 0 });
  const more = h("p", { class: "found" });
  const byId = new Map(items.map((item) => [item.id, item]));

  function list() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = items.filter((item) => words.every((word) => `${item.name} ${item.about ?? ""} ${item.id}`.toLowerCase().includes(word)));
    const held = document.activeElement?.dataset?.pick;
    options.replaceChildren(...found.slice(0, most).map(row));
    put(more, found.length > most ? `${countWords(found.length - most)} more: type to find them` : found.length ? "" : "Nothing is called so.");
    if (held) options.querySelector(`[data-pick="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  function row(item) {
    const box = h("input", { type: "checkbox", checked: picked.has(item.id), disabled: Boolean(item.never), "data-pick": item.id, onchange: () => toggle(item.id) });
    return h("label", { class: `pick${item.never ? " never" : ""}` }, box, h("span", { class: "name" }, item.name), h("span", { class: "note" }, item.note ?? ""),
      item.never ? h("span", { class: "note reason" }, item.never) : null);
  }

  function toggle(id) {
    if (!picked.delete(id)) picked.add(id);
    paint();
    change();
  }

  function paint() {
    const focused = chips.contains(document.activeElement);
    chips.replaceChildren(...[...picked].map((id) => h("li", {}, byId.get(id)?.name ?? id,
      iconButton("close", `Leave out ${byId.get(id)?.name ?? id}`, () => toggle(id)))));
    if (!picked.size) chips.replaceChildren(h("li", { class: "none" }, empty));
    if (focused) (chips.querySelector("button") ?? input).focus({ preventScroll: true });
    list();
  }

  paint();
  return { element: h("fieldset", { class: "chooser" }, h("legend", {}, label), chips, input, options, more), chosen: () => [...picked] };
}

/** What will be written, as the model planned it; `labels` gives names to personal columns. */
function planOf(plan, nameOf) {
  const files = plan.files.length === 1 ? "1 file" : `${countWords(plan.files.length)} files`;
  const held = plan.segments.flatMap((each) => Object.entries(each.held_back).map(([why, count]) => [plan.segments.length > 1 ? `${each.name}: ${why}` : why, count]));
  return [
    h("p", { class: "hero" }, `${countWords(plan.rows)} rows`),
    h("p", { class: "note" }, `${files} as ${FORMAT_WORDS[plan.format]} in one zip, as of ${dayWords(plan.as_of)}`),
    h("ul", { class: "files" }, plan.files.map((file) => h("li", {}, h("span", {}, file.title), h("b", {}, countWords(file.rows))))),
    h("h4", {}, "Columns"),
    h("p", { class: "columns" }, plan.columns.join(", ")),
    plan.personal.length
      ? h("p", { class: "personal" }, icon("note"), h("span", {}, `${plan.personal.length === 1 ? "1 label holds" : `${plan.personal.length} labels hold`} personal data: ${plan.personal.map(nameOf).join(", ")}`))
      : h("p", { class: "note" }, "No label with personal data. The user id is always written, or what the platform knows users by."),
    held.length ? h("h4", {}, "Held back") : null,
    held.length ? h("ul", { class: "files" }, held.map(([why, count]) => h("li", {}, h("span", {}, why), h("b", {}, countWords(count))))) : null,
    h("p", { class: "note" }, `Users computed ${[...new Set(plan.segments.map((each) => dayWords(each.computed_at)))].join(", ")}.`),
  ].filter(Boolean);
}

const FORMAT_WORDS = { csv: "CSV", xlsx: "XLSX", parquet: "Parquet", jsonl: "JSON lines" };

/** What a manifest says, for reading. */
function manifestOf(manifest) {
  const facts = [
    ["As of", manifest.as_of], ["Made", manifest.made_at], ["By", manifest.actor], ["Format", `${manifest.format}, ${manifest.profile?.name ?? manifest.profile}`],
    ["Columns", manifest.columns.map((each) => each.code).join(", ")], ["Values", manifest.how_values_are_written],
  ];
  return h("div", { class: "manifest" },
    h("dl", {}, facts.map(([term, words]) => h("div", {}, h("dt", {}, term), h("dd", {}, String(words ?? "–"))))),
    h("ul", { class: "files" }, manifest.segments.map((each) => h("li", {}, h("span", {}, `${each.file} – ${each.rule.words}`), h("b", {}, countWords(each.rows))))),
    h("details", {}, h("summary", {}, "All of manifest.json"), h("pre", { tabIndex: 0 }, JSON.stringify(manifest, null, 2))));
}

/** Earlier exports; `save(row)` hands a zip over, `open(row)` shows its manifest. */
function madeOf(rows, save, open, mayExport) {
  const table = tableOf({
    label: "Earlier exports", keyOf: (row) => row.id, empty: "Nothing was exported yet. What leaves stands here, with who took it.",
    columns: [
      { key: "file", title: "File", show: (row) => row.file.split("/").pop() },
      { key: "made", title: "Made", show: (row) => `${row.made} (${row.age} ago)` },
      { key: "actor", title: "By", show: (row) => row.actor },
      { key: "segments", title: "Segments", show: (row) => Object.keys(row.segments).join(", ") },
      { key: "rows", title: "Rows", isNumber: true, show: (row) => countWords(row.rows) },
      { key: "what", title: "As", show: (row) => [row.profile || FORMAT_WORDS[row.format], row.channel, row.changes ? "changes" : ""].filter(Boolean).join(", ") },
      { key: "personal", title: "Personal", show: (row) => row.personal.join(", ") || "none" },
      { key: "get", title: "", name: "Actions", show: (row) => (row.is_there
        ? button("Save", () => save(row), { class: "plain", "data-keep": "get", disabled: !mayExport, "aria-label": `Save ${row.file.split("/").pop()}` })
        : h("span", { class: "note" }, "file gone")) },
    ],
    onopen: open,
  });
  table.paint(rows);
  return table;
}
