// Users that a picture shows, as a new segment: what they are, a name, saved; and taken back if it was a slip.

const LONGEST_NAME = 64;

/** Opens the question for a name at `anchor`. `data` says which users, `title` in words, `name` is a first idea. */
function openKeeping(view, state, anchor, data, title, name, added) {
  const mark = `k${++lastPick}`;
  const sentence = h("p", { class: "note sentence" }, "Reading the rule …");
  const left = h("span", { class: "left", id: `${mark}-left` });
  const problem = h("div", { class: "problem", id: `${mark}-problem`, role: "status", "aria-live": "polite" });
  const input = h("input", { type: "text", maxLength: LONGEST_NAME, autocomplete: "off", "aria-describedby": `${mark}-left ${mark}-problem`, required: true });
  const save = button("Save segment", () => keep(), { class: "primary" });
  const form = h("div", { class: "keeping" }, h("h4", {}, title), sentence, labelled("Name of the new segment", input, left), problem,
    h("div", { class: "choices" }, save, button("Cancel", () => close())));
  const close = openPopover(view.root, anchor, form, { label: "Make it a segment", width: 380 });
  const asked = { ...data, as_of: state.asOf };
  let checking = null;
  let isTyped = false;

  const paintLeft = () => put(left, ` ${LONGEST_NAME - input.value.length} left`);
  const tell = (text) => { put(problem, text); input.setAttribute("aria-invalid", String(Boolean(text))); };
  async function check() {
    const typed = input.value;
    const answer = await view.ask("name", { name: typed }, { quiet: true });
    if (typed === input.value) tell(typed ? answer.problem ?? "" : "");
  }
  input.addEventListener("input", () => { isTyped = true; paintLeft(); clearTimeout(checking); checking = setTimeout(check, 250); });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); keep(); } });

  async function keep() {
    clearTimeout(checking);
    if (!input.value.trim()) { tell("Give the segment a name first."); input.focus(); return; }
    save.disabled = true;
    put(save, "Saving …");
    const answer = await view.ask("keep", { ...asked, name: input.value }, { quiet: true });
    save.disabled = false;
    put(save, "Save segment");
    if (answer.refused) { tell(answer.refused); input.focus(); return; }
    close();
    state.segments = answer.segments;
    const undo = button("Undo", async () => {
      const undone = await view.ask("let_go", { segment: answer.id });
      if (!undone) return;
      state.segments = undone.segments;
      view.show(`‘${answer.name}’ is taken back.`);
      added(answer.id, true);
    });
    const also = state.chosen.length < state.most ? button("Look at it too", () => { view.show(""); added(answer.id); }) : null;
    view.show(`Saved ‘${answer.name}’: ${countWords(answer.count)} users. ${answer.note}`, "good", h("span", { class: "choices" }, also, undo));
  }
  paintLeft();
  input.focus({ preventScroll: true });
  view.ask("offer", { ...asked, name: name.slice(0, LONGEST_NAME) }, { quiet: true }).then((answer) => {
    if (answer.refused) { put(sentence, ""); tell(answer.refused); return; }
    put(sentence, `${answer.sentence} ${countWords(answer.count)} users as of ${dayWords(answer.as_of)}.`);
    if (!isTyped && answer.name) { input.value = answer.name; input.select(); paintLeft(); }
    close.place();
  });
}
