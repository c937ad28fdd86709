// What can be done with the segment that is open: buttons, what they ask, and the way back.

/** In the order in which they stand; `right` is what it takes, `states` in which it is offered. */
const ACTIONS = [
  { key: "edit", text: "Edit", right: "edit", states: ["active"], shows: true },
  { key: "members", text: "Group users", right: "members", states: ["active"], shows: true },
  { key: "update", text: "Update now", right: "edit", states: ["active"] },
  { key: "export", text: "Export", right: "export", states: ["active"], shows: true },
  { key: "duplicate", text: "Duplicate", right: "edit", states: ["active", "archived"] },
  { key: "history", text: "History", states: ["active", "archived", "deleted"], opens: true },
  { key: "lineage", text: "Lineage", states: ["active", "archived"], opens: true },
  { key: "archive", text: "Archive", right: "edit", states: ["active"] },
  { key: "unarchive", text: "Bring back", right: "edit", states: ["archived"] },
  { key: "undelete", text: "Bring back", right: "edit", states: ["deleted"] },
  { key: "delete", text: "Delete", right: "edit", states: ["active", "archived"] },
];
const RIGHT_WORDS = { edit: "saving", members: "seeing who the users are", export: "exporting" };

/** The buttons of a segment, with why some cannot be used. `run(key, button)` does one. */
function actionButtons(view, segment, run) {
  const told = new Map();
  const buttons = ACTIONS.filter((action) => action.states.includes(segment.state) && isThere(view, action)).map((action) => {
    const why = whyNot(view, segment, action);
    if (why) told.set(why, [...(told.get(why) ?? []), action.text]);
    const props = { disabled: Boolean(why), title: why || undefined, "data-action": action.key };
    if (action.opens) props["aria-expanded"] = "false";
    const made = button(segment.kind === "predefined" && action.key === "edit" ? "Edit a copy" : action.text, () => run(action, made), props);
    return made;
  });
  const reasons = [...told].map(([why, those]) => h("li", {}, h("b", {}, those.join(", ")), `: ${why}`));
  return { buttons, element: h("div", { class: "actions" }, h("div", { class: "choices", role: "group", "aria-label": "Actions" }, buttons), reasons.length ? h("ul", { class: "reasons" }, reasons) : null) };
}

const isThere = (view, action) => !action.shows || view.opening.others.includes(action.key);

function whyNot(view, segment, action) {
  if (segment.reasons[action.key]) return segment.reasons[action.key];
  if (action.right && !view.opening.rights.includes(action.right)) return `Your role in this workspace does not include ${RIGHT_WORDS[action.right]}.`;
  return "";
}

/** Says what was done, with the way back where there is one. */
function showDone(view, answer, undo) {
  view.show(answer.said, "good", undo ? button("Undo", undo, { class: "undo" }) : null);
}

/** A line that asks for a name. `done(name)` gives whether it was taken. */
function nameForm(label, name, text, done, cancel) {
  const input = h("input", { type: "text", value: name, maxLength: 64, autocomplete: "off", spellcheck: false });
  const form = h("form", { class: "nameform", onsubmit: (event) => { event.preventDefault(); done(input.value.trim()); } },
    labelled(label, input), button(text, undefined, { type: "submit", class: "primary" }), button("Cancel", cancel));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    cancel();
  });
  return { form, focus: () => { input.focus(); input.select(); } };
}
