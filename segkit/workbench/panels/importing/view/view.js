// The import panel: a file, what it is, where to; then what came of it.

const ADDS = [["replace", "replace its rows"], ["add", "add to its rows"], ["remove", "take off these people"]];

function render({ model, el }) {
  const view = panelOf(model, el, "importing", "Import a list");
  const opening = view.opening;
  let columns = null;
  let isFree = false; // the name
  let upload = null;
  let again = false;
  let lists = opening.lists;

  // --- the file ---
  const input = h("input", { type: "file", accept: ".csv,.xlsx", "aria-label": "File to import", onchange: () => take(input.files[0]) });
  const drop = h("div", { class: "drop" }, h("p", {}, "Choose a file, or drop it here"), input,
    h("p", { class: "note" }, `XLSX or CSV, up to ${opening.most}, with headings such as email, mobile, uid.`));
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress" });
  const step = h("span", { class: "note" });
  const stop = button("Stop", () => { upload?.abort(); view.cancel(); });
  const progress = h("div", { class: "progress", hidden: true }, step, bar, stop);
  const about = h("div", { class: "about" });
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files[0]); });
  view.hear("progress", (told) => { put(step, told.step); if (told.share > 0) bar.value = told.share; else bar.removeAttribute("value"); });

  function working(words) {
    progress.hidden = !words;
    put(step, words);
    bar.removeAttribute("value");
    input.disabled = Boolean(words);
    ready();
  }

  function forget(words = "") {
    columns = null;
    input.value = "";
    about.replaceChildren(h("p", { class: "note" }, words || "What the file holds is shown here before anything is imported."));
    ready();
  }

  async function take(file) {
    if (!file) return;
    view.show("");
    forget();
    again = false;
    const kept = input.isConnected && document.activeElement === input;
    working(`Bringing ${file.name}`);
    upload = new AbortController();
    const sent = await sendFile(view, file, { begin: "begin", piece: "piece" }, (share) => { bar.value = share; }, upload.signal);
    const isStopped = upload.signal.aborted;
    if (sent && !isStopped) working("Looking into the file");
    const look = sent && !isStopped ? await view.ask("look") : null;
    working("");
    if (kept) input.focus({ preventScroll: true });
    if (!look) {
      if (isStopped) { view.ask("discard"); view.show("Stopped. Nothing was imported."); }
      forget("Nothing was imported, and what you typed is still here. Choose another file, or mend this one and choose it again.");
      return;
    }
    columns = columnsOf(opening.fields, look, ready);
    about.replaceChildren(h("h4", {}, look.file), h("p", { class: "hero" }, `${countWords(look.rows)} rows`), h("p", { class: "note" }, `Read as ${look.written}.`),
      look.problem ? h("p", { class: "problem" }, look.problem) : "", columns.element,
      look.sheets_left_out.length ? h("p", { class: "note" }, `Sheets left out: ${look.sheets_left_out.join(", ")}`) : "");
    view.say(look.problem || `${look.file}: ${countWords(look.rows)} rows`);
    ready();
  }

  // --- where to ---
  const left = h("span", { class: "left" });
  const problem = h("p", { class: "problem", role: "status" });
  const name = h("input", { maxLength: 200, "aria-label": "Name of the list", oninput: () => typed() });
  const leftOver = h("span", { class: "left" });
  const description = h("textarea", { rows: 2, "aria-label": "Description of the list", oninput: () => countLeft() });
  const where = h("select", { "aria-label": "Where to", onchange: () => chosen() });
  const mode = h("select", { "aria-label": "What to do with its rows" }, ADDS.map(([value, text]) => h("option", { value }, text)));
  const region = h("input", { maxLength: 2, size: 4, placeholder: "DE", "aria-label": "Country of mobiles that name none", class: "short" });
  const consented = h("input", { type: "checkbox" });
  const named = h("div", { class: "stack" }, labelled("Name ", name, left), problem, labelled("Description ", description, leftOver));
  const kept = labelled("Its rows", mode);
  const go = button("Import", () => run(), { class: "primary" });
  const form = h("div", { class: "stack form" }, labelled("Where to", where), named, kept,
    h("label", { class: "check" }, consented, h("span", {}, "The external addresses in it agreed to e-mail", h("span", { class: "note" }, " External: an address that no user has. Without this they are kept, and held back."))),
    labelled("Country of mobiles that name none", region), h("div", { class: "choices" }, go));
  let checking = null;
  let asked = 0;

  function typed() {
    clearTimeout(checking);
    isFree = false;
    countLeft();
    ready();
    checking = setTimeout(async () => {
      const number = ++asked;
      const found = await view.ask("name", { name: name.value }, { quiet: true });
      if (number !== asked) return;
      const long = [...name.value.trim()].length > opening.name_length;
      put(problem, long ? "" : found.problem ?? found.refused ?? "");
      isFree = Boolean(name.value.trim()) && !found.problem && !found.refused;
      ready();
    }, 200);
  }

  function countLeft() {
    for (const [field, most, note] of [[name, opening.name_length, left], [description, opening.description_length, leftOver]]) {
      const over = most - [...field.value.trim()].length;
      put(note, over < 0 ? `${-over} too many` : `${over} left`);
      note.classList.toggle("bad", over < 0);
    }
  }

  function chosen() {
    named.hidden = Boolean(where.value);
    kept.hidden = !where.value;
    ready();
  }

  function ready() {
    const isNamed = where.value || (isFree && [...description.value.trim()].length <= opening.description_length);
    go.disabled = !columns || !columns.isComplete() || !isNamed || !progress.hidden || !opening.may_import;
  }

  function offer(into = "") {
    where.replaceChildren(h("option", { value: "" }, "a new list"), ...lists.map((each) => h("option", { value: each.id }, `into ‘${each.name}’`)));
    where.value = into;
    chosen();
  }

  // --- importing ---
  const result = h("section", { class: "result", "aria-label": "Result", hidden: true });

  async function run() {
    view.show("");
    working("Importing");
    const answer = await view.ask("import", {
      ...columns.chosen, into: where.value, name: name.value, description: description.value, mode: where.value ? mode.value : "replace",
      consented: consented.checked, region: region.value, again,
    });
    working("");
    if (!answer) { go.focus({ preventScroll: true }); return; }
    if (answer.before) {
      again = true;
      view.show(answer.before, "", " ", button("Import it once more", () => run()));
      return;
    }
    again = false;
    shown(answer.report);
    lists = answer.lists;
    below.paint(lists);
    forget("That file is imported, and is not kept. Choose another.");
    [name.value, description.value] = ["", ""];
    countLeft();
    isFree = false;
    offer(answer.report.id);
    mode.value = "add";
  }

  function shown(report) {
    const save = (format) => saveFile(view, "failures", { list: report.id, format });
    const mend = () => { offer(report.id); mode.value = "add"; input.focus(); input.click(); };
    result.replaceChildren(...resultOf(report, opening.may_export, save, mend));
    result.hidden = false;
    result.querySelector(".done").focus({ preventScroll: true });
    result.scrollIntoView({ block: "nearest" });
    view.say(report.lines[0]);
  }

  // --- together ---
  const template = button("Template", () => openMenu(view.root, template, "Template", [
    ["As XLSX, with instructions", () => saveFile(view, "template", { format: "xlsx" })],
    ["As CSV", () => saveFile(view, "template", { format: "csv" })],
  ]), { "aria-haspopup": "menu", "aria-expanded": "false" });
  const below = listsOf(view, lists, (id) => { offer(id); mode.value = "add"; input.focus(); view.root.scrollIntoView({ block: "nearest" }); });
  const denied = opening.may_import ? "" : h("p", { class: "message bad" }, `Importing takes the role editor or admin, which ‘${opening.who}’ has not in this workspace. You can look at the lists below.`);
  view.root.append(
    h("header", {}, h("h3", {}, "Import a list"), h("span", { class: "note" }, opening.app), template),
    denied, h("div", { class: "sides" }, h("div", { class: "main" }, drop, progress, form), h("aside", { "aria-label": "The file" }, about)), result, below.element,
  );
  if (!opening.may_import) for (const each of [input, name, description, where, mode, region, consented]) each.disabled = true;
  offer(opening.into);
  forget();
  countLeft();
  return () => { upload?.abort(); view.end(); };
}

export default { render };
