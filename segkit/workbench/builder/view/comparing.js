// A comparison in words: an operator and its value, of labels, of parameters and of measures alike.

/**
 * Controls of a comparison. `node` is what is shown, `reach` finds the same in a condition of a copy of the document,
 * `id` is the condition's.
 */
function comparison(view, { id, node, reach, operators, declared, source, keep, label }) {
  const chosen = operators.find(({ op }) => op === node.op) ?? operators[0];
  const edit = (fn, options) => view.edit(id, (leaf) => fn(reach(leaf)), options);
  const select = wordSelect(`${label}, how to compare`, operatorOptions(operators), node.op, (op) => edit((found) => {
    const value = adapted(found.value, operators.find((each) => each.op === op).wants);
    found.op = op;
    if (value === undefined) delete found.value;
    else found.value = value;
  }, { focus: `${keep}|op` }), `${keep}|op`);
  const values = valueControls(view, {
    wants: chosen.wants, value: node.value, declared, source, keep, label,
    set: (value, options = { focus: `${keep}|value` }) => edit((found) => { found.value = value; }, options),
  });
  return [select, ...values, word(chosen.behind)];
}

function operatorOptions(operators) {
  return operators.map(({ op, words, group }) => [op, words, group]);
}

/** The first comparison of something of a type. */
function firstComparison(store, type) {
  const [op] = { string: ["in"], list: ["contains"], number: ["ge"], date: ["in_last"], bool: ["eq"] }[type];
  const { wants } = store.words.operators[type].find((each) => each.op === op);
  return { op, value: adapted(undefined, wants) };
}

function labelControls(view, item, leaf, keep) {
  const declared = view.store.labels.get(leaf.label);
  const name = declared?.name ?? leaf.label;
  const button = subjectButton(name, `${name}, choose another label`, keep, () => openPicker(view.root, view.control(`${keep}|subject`), {
    label: "Choose a label",
    options: labelOptions(view.store, (label) => view.edit(item._id, (found) => {
      if (label.code === found.label) return false;
      const isAlike = declared?.type === label.type && !["string", "list"].includes(label.type);
      Object.assign(found, { label: label.code }, isAlike ? {} : firstComparison(view.store, label.type));
    }, { focus: `${keep}|op` })),
  }));
  if (!declared) return [button, word("is not in the vocabulary of this app", "bad")];
  return [button, ...comparison(view, {
    id: item._id, node: leaf, reach: (found) => found, operators: view.store.words.operators[declared.type], declared,
    source: { code: leaf.label }, keep, label: name,
  })];
}

/** What a condition speaks of; a click chooses another. */
function subjectButton(text, label, keep, onclick) {
  return h("button", { type: "button", class: "subject", "aria-label": label, "aria-haspopup": "dialog", "data-keep": `${keep}|subject`, onclick }, text);
}
