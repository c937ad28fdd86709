// The export panel: what to take out and how, what will be written, and what left before.

function render({ model, el }) {
  const view = panelOf(model, el, "exporting", "Export segments");
  const opening = view.opening;
  const nameOf = (code) => opening.labels.find((each) => each.code === code)?.name ?? code;

  // --- what, and how ---
  const segments = chooserOf({
    label: "Segments", chosen: opening.chosen, change: () => changed(), empty: "Choose one or more segments.",
    items: opening.segments.map((each) => ({ ...each, about: each.kind, note: [each.kind, each.count === null ? "not computed yet" : `${countWords(each.count)} users`, each.updated, each.never ? "" : each.note].filter(Boolean).join(" · ") })),
  });
  const labels = chooserOf({
    label: "Labels", chosen: [], change: () => changed(), empty: "No label: user ids only.",
    items: opening.labels.map((each) => ({ id: each.code, name: each.name, about: each.category, note: [each.category, each.personal ? "personal data" : ""].filter(Boolean).join(" · ") })),
  });
  const select = (label, options, props = {}) => h("select", { "aria-label": label, onchange: () => changed(), ...props }, options.map(([value, text]) => h("option", { value }, text)));
  const text = (label, props = {}) => h("input", { "aria-label": label, oninput: () => changed(), ...props });
  const asOf = text("As of", { type: "date", value: opening.as_of });
  const profile = select("For", [["", "programs"], ["spreadsheet", "people with a spreadsheet"], ...opening.platforms.map((each) => [each.id, each.name])]);
  const format = select("Format", Object.entries(FORMAT_WORDS));
  const channel = select("Whom", [["", "everybody in them"], ...opening.channels.map((each) => [each.id, `who may be reached by ${each.name} now`])]);
  const holdout = text("Control group, percent", { inputMode: "decimal", placeholder: "0" });
  const seed = text("Seed", { placeholder: "spring" });
  const variants = text("Variants", { placeholder: "A:50,B:50" });
  const oldest = text("Oldest, in days", { inputMode: "numeric", placeholder: opening.max_age_days === null ? "any" : String(opening.max_age_days) });
  const changes = h("input", { type: "checkbox", onchange: () => changed() });
  const filled = h("div", { class: "grid filled", hidden: true });
  const go = button("Export…", () => confirm(), { class: "primary wide" });

  const platform = () => opening.platforms.find((each) => each.id === profile.value);
  function ofPlatform() {
    const found = platform();
    format.value = found ? found.format : profile.value === "spreadsheet" && !["csv", "xlsx"].includes(format.value) ? "xlsx" : format.value;
    format.disabled = Boolean(found);
    filled.hidden = !found?.columns.length;
    filled.replaceChildren(...(found?.columns ?? []).map((each) => labelled(`Column ${each.column}${each.needed ? " (needed)" : ""}${each.hashed ? ", hashed" : ""}`,
      select(`Label for ${each.column}`, [["", "left out"], ...opening.labels.map((label) => [label.code, label.name])], { "data-column": each.column }))));
  }
  profile.addEventListener("change", ofPlatform, true);

  const wanted = () => ({
    segments: segments.chosen(), labels: labels.chosen(), as_of: asOf.value, profile: profile.value, channel: channel.value,
    format: platform() ? "" : format.value, holdout: holdout.value, seed: seed.value, variants: variants.value, changes: changes.checked, max_age_days: oldest.value,
    columns: [...filled.querySelectorAll("select")].filter((each) => each.value).map((each) => `${each.dataset.column}=${each.value}`),
  });

  // --- what will be written ---
  const plan = h("div", { class: "plan" });
  const said = h("div", { class: "unseen", "aria-live": "polite" });
  let planned = null;
  let waiting = null;
  let asked = 0;
  let isWorking = false;

  function changed() {
    if (profile.value !== "" || format.disabled) format.disabled = Boolean(platform());
    clearTimeout(waiting);
    planned = null;
    go.disabled = true;
    plan.classList.add("stale");
    waiting = setTimeout(look, 300);
  }

  async function look() {
    const number = ++asked;
    if (!segments.chosen().length) {
      plan.classList.remove("stale");
      plan.replaceChildren(h("p", { class: "note" }, "Choose a segment, and what would be written stands here: rows, columns, personal data. Nothing leaves before you say so."));
      return;
    }
    if (!isWorking) view.cancel(); // only the newest plan matters; an export goes on
    const answer = await view.ask("plan", wanted(), { quiet: true });
    if (number !== asked || answer.stopped) return;
    plan.classList.remove("stale");
    if (answer.refused) {
      plan.replaceChildren(h("p", { class: "message bad" }, answer.refused));
      put(said, answer.refused);
      return;
    }
    planned = answer.plan;
    plan.replaceChildren(...planOf(planned, nameOf));
    put(said, `${countWords(planned.rows)} rows would be written`);
    go.disabled = isWorking || !opening.may_export;
  }

  // --- out ---
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress" });
  const step = h("span", { class: "note" });
  const progress = h("div", { class: "progress", hidden: true }, step, bar, button("Stop", () => view.cancel()));
  view.hear("progress", (told) => { put(step, told.step); bar.value = told.share; });

  function confirm() {
    const shown = planned;
    const words = wanted();
    const people = `${countWords(shown.rows)} rows`;
    const personal = shown.personal.length ? ` with personal data (${shown.personal.map(nameOf).join(", ")})` : "";
    const close = openPopover(view.root, go, h("div", { class: "pastebox" },
      h("p", {}, `${people}${personal} are written to a file that can leave segkit. It is on record as made by ${opening.who}.`),
      h("div", { class: "choices" }, button("Export now", () => { close(); run(words); }, { class: "primary" }), button("Not now", () => close()))),
    { label: "Export", width: 340 });
    close.box.querySelector("button").focus({ preventScroll: true });
  }

  async function run(words) {
    view.show("");
    isWorking = true;
    go.disabled = true;
    progress.hidden = false;
    put(step, "Beginning");
    bar.value = 0;
    const answer = await view.ask("export", { ...words, confirmed: true }, { quiet: true });
    isWorking = false;
    progress.hidden = true;
    go.disabled = !planned;
    if (answer.refused) {
      view.show(answer.stopped ? "Stopped. Nothing was written." : answer.refused, answer.stopped ? "" : "bad");
      go.focus({ preventScroll: true });
      return;
    }
    const name = answer.export.file.split("/").pop();
    const get = button("Save the file", () => save(answer.export), { class: "primary" });
    result.replaceChildren(h("h4", {}, name), h("p", {}, `${countWords(answer.export.rows)} rows are in it. It lies in the workspace; save it to have it on this computer.`),
      answer.note ? h("p", { class: "message bad" }, answer.note) : "", h("div", { class: "choices" }, get), manifestOf(answer.manifest));
    result.hidden = false;
    made.paint(answer.made);
    made.choose(answer.export.id);
    view.say(`Written: ${name}`);
    get.focus({ preventScroll: true });
    result.scrollIntoView({ block: "nearest" });
  }

  const save = (row) => saveFile(view, "file", { export: row.id });
  async function open(row) {
    const answer = await view.ask("manifest", { export: row.id });
    if (!answer) return;
    view.show("");
    made.choose(row.id);
    result.replaceChildren(h("h4", {}, row.file.split("/").pop()), manifestOf(answer.manifest));
    result.hidden = false;
    result.scrollIntoView({ block: "nearest" });
  }

  // --- together ---
  const result = h("section", { class: "result", "aria-label": "Export", hidden: true });
  const made = madeOf(opening.made, save, open, opening.may_export);
  const denied = opening.may_export ? null : h("p", { class: "message bad" }, `Exporting takes the role exporter or admin, which ‘${opening.who}’ has not in this workspace.`);
  view.root.append(
    h("header", {}, h("h3", {}, "Export segments"), h("span", { class: "note" }, opening.app)), ...(denied ? [denied] : []),
    h("div", { class: "sides" },
      h("div", { class: "main" }, segments.element, labels.element,
        h("div", { class: "grid" }, labelled("For", profile), labelled("Format", format), labelled("Whom", channel), labelled("As of", asOf)),
        filled,
        h("details", { class: "more" }, h("summary", {}, "Control group, variants, only changes, age"),
          h("div", { class: "grid" }, labelled("Control group, percent kept back", holdout), labelled("Variants of the rest, in percent", variants), labelled("Seed that both are drawn with", seed), labelled("Refuse what is older, in days", oldest)),
          h("label", { class: "check" }, changes, h("span", {}, "Only who entered and who left since the last export to the same place")))),
      h("aside", { "aria-label": "What will be written" }, h("h4", {}, "Will be written"), plan, said, progress, go)),
    result, h("section", { class: "earlier", "aria-label": "Earlier exports, with the personal data in them" }, h("h4", {}, "Earlier exports"), made.element),
  );
  go.disabled = true;
  ofPlatform();
  look();
  return () => { clearTimeout(waiting); view.end(); };
}

export default { render };
