// Filters of an event by its parameters, joined with And or Or, nested where a document has them so.

/** The button that adds a filter and the block of those there are. `node` holds `where`; `reach` finds the same in a condition of a copy of the document. */
function filterControls(view, item, { event, node, reach, keep, label }) {
  const edit = (fn, options) => view.edit(item._id, (leaf) => fn(reach(leaf)), options);
  const add = event.parameters.length ? h("button", {
    type: "button", class: "plain add", "data-keep": `${keep}|filter`, "aria-haspopup": "dialog", "aria-label": `${label}, add a filter`,
    onclick: () => openPicker(view.root, view.control(`${keep}|filter`), {
      label: "Choose a parameter", options: parameterOptions(view.store, event, (parameter) => edit((found) => {
        const filter = { param: parameter.code, ...firstComparison(view.store, parameter.type) };
        const where = found.where;
        if (!where) found.where = { all: [filter] };
        else if (where.all && !where.mute) where.all.push(filter);
        else if (where.any && !where.mute) where.any.push(filter);
        else found.where = { all: [where, filter] };
      }, { focus: `${keep}|filter` })),
    }),
  }, icon("plus"), node.where ? "filter" : "where") : null;
  if (!node.where) return { add, block: null };
  const isAlone = Boolean(node.where.param || node.where.not);
  const block = h("div", { class: isAlone ? "filters alone" : "filters" }, isAlone ? h("div", { class: "filterhead" }, word("where")) : null, filter(view, item, event, node.where, (leaf) => reach(leaf).where, `${keep}|where`, (leaf) => { delete reach(leaf).where; }));
  return { add, block };
}

function parameterOptions(store, event, pick) {
  return event.parameters.map((code) => store.parameters.get(code)).map((parameter) => ({
    ...parameter, category: `Of ${event.name}`, type: TYPE_WORDS[parameter.type], pick: () => pick(parameter),
  }));
}

/** One filter or a group of them; `remove` takes it out of a copy of the condition. */
function filter(view, item, event, node, reach, keep, remove) {
  if (node.param) return filterLine(view, item, event, node, reach, keep, remove);
  if (node.not) {
    return h("div", { class: "filter negated" }, word("not"), filter(view, item, event, node.not, (leaf) => reach(leaf).not, `${keep}|not`, remove));
  }
  const key = node.all ? "all" : "any";
  const lines = node[key].map((child, number) => filter(view, item, event, child, (leaf) => reach(leaf)[key][number], `${keep}|${number}`, (leaf) => {
    reach(leaf)[key].splice(number, 1);
    if (!reach(leaf)[key].length) remove(leaf);
  }));
  const joined = lines.length > 1 ? wordSelect("Filters together", [["all", "all of"], ["any", "any of"]], key, (chosen) => view.edit(item._id, (leaf) => {
    const found = reach(leaf);
    const children = found[key];
    delete found[key];
    found[chosen] = children;
  }, { focus: `${keep}|join` }), `${keep}|join`) : null;
  return h("div", { class: `filtergroup ${lines.length > 1 ? key : ""}` }, h("div", { class: "filterhead" }, word("where"), joined), h("div", { class: "filterlines" }, lines));
}

function filterLine(view, item, event, node, reach, keep, remove) {
  const declared = view.store.parameters.get(node.param);
  const name = declared?.name ?? node.param;
  const controls = declared ? comparison(view, {
    id: item._id, node, reach, operators: view.store.words.operators[declared.type], declared,
    source: { code: node.param, event: event.code }, keep, label: name,
  }) : [word("is not in the vocabulary", "bad")];
  return h("div", { class: "filter" }, h("span", { class: "parameter" }, name), controls,
    iconButton("close", `Remove the filter ${name}`, () => view.edit(item._id, (leaf) => { remove(leaf); }, { say: "Filter removed" })));
}
