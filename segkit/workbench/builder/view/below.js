// Below the rule: the sentence that it is, and the rule as code to take along.

const FORMS = [["python", "Python"], ["yaml", "YAML"], ["sql", "SQL"]];

function belowPanel(view) {
  const { store } = view;
  const said = h("p", { class: "said" });
  const code = h("pre", { class: "code", tabIndex: 0, "aria-label": "The rule as code", hidden: true });
  const copy = iconButton("copy", "Copy the code", () => copyText(view, copy, code.textContent), { hidden: true });
  let form = null;
  let forms = null;
  const buttons = FORMS.map(([key, text]) => h("button", { type: "button", class: "tab", "aria-pressed": "false", "data-keep": `form|${key}`, onclick: () => choose(key) }, text));
  const panel = h("section", { class: "below", "aria-label": "The rule in words" }, said,
    h("div", { class: "showas" }, h("span", { class: "plainword note" }, "Show as"), buttons, copy), code);

  function choose(key) {
    form = form === key ? null : key;
    for (const [n, button] of buttons.entries()) button.setAttribute("aria-pressed", String(FORMS[n][0] === form));
    code.hidden = copy.hidden = form === null;
    if (form) fetchForms();
  }

  async function fetchForms() {
    try {
      forms = await store.ask({ do: "forms" });
      put(code, forms[form] ?? "");
    } catch (error) {
      put(code, error.message);
    }
  }

  function paint() {
    if (store.taken?.edit === store.edit) put(said, store.taken.sentence);
    said.classList.toggle("stale", store.taken?.edit !== store.edit);
    if (form && store.taken?.edit === store.edit && forms?.edit !== store.edit) fetchForms();
  }
  return { panel, paint };
}

/** Asks for a document or a rule as text, and puts it in the place of what is edited. */
function openPaste(view, anchor) {
  const text = h("textarea", { rows: 10, class: "code", "aria-label": "A document or a rule, as YAML or JSON", placeholder: "rule:\n  all:\n  - {label: country, op: in, value: [DE, AT]}", spellcheck: false });
  const told = h("div", { class: "message bad", role: "alert", hidden: true });
  const take = async () => {
    try {
      const { document } = await view.store.ask({ do: "paste", text: text.value });
      close();
      view.store.replace({ ...view.store.doc, ...document }, "Pasted");
    } catch (error) {
      told.hidden = false;
      put(told, error.message);
    }
  };
  const close = openPopover(view.root, anchor, h("div", { class: "pastebox" }, h("h3", {}, "Paste a document"), text, told,
    h("div", { class: "choices" }, h("button", { type: "button", class: "primary", onclick: take }, "Use it"), h("button", { type: "button", onclick: () => close() }, "Leave it"))), { label: "Paste a document", width: 460 });
  text.focus();
}
