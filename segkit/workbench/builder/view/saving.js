// Saving: how the segment is filed, the button, and what another has saved meanwhile.

const LONGEST = { name: 64, description: 128 };

function savePanel(view) {
  const { store } = view;
  const mark = `s${++lastId}`;
  const left = h("span", { class: "left", id: `${mark}-left` });
  const description = h("textarea", { rows: 2, maxLength: LONGEST.description, "aria-label": "Description", "aria-describedby": `${mark}-left`, "data-keep": "save|description", placeholder: "What it is for" });
  const folder = h("input", { type: "text", maxLength: 64, "aria-label": "Folder", "data-keep": "save|folder", list: `${mark}-folders`, placeholder: "none", autocomplete: "off" });
  const tags = h("input", { type: "text", "aria-label": "Tags, with commas between them", "data-keep": "save|tags", placeholder: "none", autocomplete: "off" });
  const cycle = wordSelect("Update cycle", [["daily", "Daily"], ["once", "One-time"]], "daily", (chosen) => store.change((doc) => { doc.cycle = chosen; }, { typed: "save|cycle" }), "save|cycle", { class: "boxed" });
  const typed = (key, read) => (event) => store.change((doc) => { doc[key] = read(event.target.value); }, { typed: `save|${key}` });
  description.addEventListener("input", typed("description", (text) => text));
  folder.addEventListener("input", typed("folder", (text) => text.trim()));
  tags.addEventListener("input", typed("tags", (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))]));
  const button = h("button", { type: "button", class: "primary wide", "data-keep": "save|save", onclick: () => save() }, "Save segment");
  const told = h("div", { class: "message", role: "status", hidden: true });
  const conflict = h("section", { class: "conflict", "aria-label": "Another save meanwhile", hidden: true });
  const folders = h("datalist", { id: `${mark}-folders` }, [...new Set(store.segments.map((each) => each.folder).filter(Boolean))].map((value) => h("option", { value })));
  const panel = h("section", { class: "save", "aria-label": "Save" },
    h("div", { class: "field" }, h("span", { class: "label" }, "Description", left), description),
    h("div", { class: "fields" },
      h("div", { class: "field" }, h("span", { class: "label" }, "Updated"), cycle),
      h("div", { class: "field" }, h("span", { class: "label" }, "Folder"), folder),
      h("div", { class: "field full" }, h("span", { class: "label" }, "Tags"), tags)),
    folders, told, button);

  async function save(how = "") {
    if (!store.doc.name?.trim()) {
      tell("Give the segment a name first.", true);
      view.control("name")?.focus();
      return;
    }
    const { taken } = store;
    if (taken?.edit === store.edit && taken.problems.length) {
      const many = taken.problems.length;
      tell(`Not saved: ${many === 1 ? "a condition is" : `${grouped.format(many)} conditions are`} not complete. Give what is lacking, or delete it.`, true);
      goTo(view, conditionAt(store.doc.rule, taken.problems[0].place));
      return;
    }
    button.disabled = true;
    tell("Saving…");
    try {
      const answer = await store.ask({ do: "save", how, document: textOf(withoutDefaults(store.doc)) });
      if (answer.conflict) return showConflict(answer.conflict);
      Object.assign(store, { id: answer.id, version: answer.version, segments: answer.segments });
      conflict.hidden = true;
      if (how === "theirs" || how === "together") store.replace(answer.document, "The saved segment is open", { isSaved: true });
      else store.saved = textOf(withoutDefaults({ ...store.doc, name: answer.name ?? store.doc.name }));
      tell(answer.note || (how === "theirs" ? `Version ${answer.version} is open.` : `Saved as version ${answer.version}.`), false, true);
      view.paintHead();
    } catch (error) {
      tell(error.message, true);
    } finally {
      button.disabled = false;
    }
  }

  function showConflict(found) {
    const side = (title, lines) => h("div", { class: "sideofit" }, h("h4", {}, title), h("ul", {}, (lines.length ? lines : ["Nothing."]).map((line) => h("li", {}, line))));
    conflict.replaceChildren(
      h("h3", {}, `Not saved: ${found.by} saved version ${found.version} meanwhile`, h("span", { class: "note" }, ` at ${found.at}`)),
      h("div", { class: "sides" }, side(`What ${found.by} changed`, found.theirs), side("What you changed", found.yours)),
      h("div", { class: "choices" },
        found.together ? h("button", { type: "button", class: "primary", onclick: () => save("together") }, "Save both together") : null,
        h("button", { type: "button", onclick: () => save("mine") }, "Save mine over it"),
        h("button", { type: "button", onclick: () => save("theirs") }, "Open theirs")));
    conflict.hidden = false;
    told.hidden = true;
    conflict.querySelector("button").focus();
    view.say(`Not saved: ${found.by} saved meanwhile`);
  }

  function tell(text, isBad = false, isGood = false) {
    told.hidden = !text;
    told.className = `message ${isBad ? "bad" : ""} ${isGood ? "good" : ""}`;
    put(told, text);
  }

  /** Fields as the document has them; not the one that somebody types in. */
  function paint() {
    const { doc } = store;
    for (const [input, value] of [[description, doc.description ?? ""], [folder, doc.folder ?? ""], [tags, (doc.tags ?? []).join(", ")], [cycle, doc.cycle ?? "daily"]]) {
      if (!view.isTypedIn(input) && input.value !== value) input.value = value;
    }
    put(left, `${LONGEST.description - (doc.description ?? "").length} left`);
    put(button, store.id ? `Save version ${(store.version ?? 0) + 1}` : "Save segment");
  }
  /** Another document stands there: what was told of the one before is over. */
  function forget() {
    tell("");
    conflict.hidden = true;
  }
  return { panel, conflict, paint, forget };
}
