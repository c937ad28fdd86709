// The overview: how many users and segments there are, how last night went, what is stale, what moved most.

const NIGHTS = { done: ["check", "Done"], held: ["note", "Partly held"], partly: ["note", "Partly done"], failed: ["close", "Failed"] };
const KINDS = { predefined: "predefined", custom: "custom", imported: "imported" };

function render({ model, el }) {
  const view = panelOf(model, el, "overview", "Overview");
  const { root } = view;
  const facts = h("p", { class: "note" });
  const cards = h("div", { class: "cards" });
  const again = button("Look again", async () => { const found = await view.ask("again"); if (found) paint(found); });
  root.append(h("header", {}, h("h3", {}, "Overview"), facts, again), cards);
  let span = view.opening.moved[0].days;

  function paint(found) {
    put(facts, `App ${found.app}, as of ${dayWords(found.as_of)}`);
    cards.replaceChildren(users(found), night(found), stale(found), moved(found));
  }

  /** A segment's name, as a link where there is somewhere to go. */
  function nameOf(found, row) {
    const { segment } = found.places;
    return segment ? h("a", { href: segment + encodeURIComponent(row.id) }, row.name) : h("span", {}, row.name);
  }

  function users(found) {
    const all = found.kinds.reduce((sum, [, count]) => sum + count, 0);
    const kinds = found.kinds.filter(([, count]) => count).map(([kind, count]) => `${countWords(count)} ${KINDS[kind]}`);
    return card("Users", h("div", { class: "hero" }, countWords(found.users)),
      h("p", { class: "note" }, found.users === null ? "Nothing is loaded yet; segkit load brings the data in." : "in all, as of the day above"),
      h("p", {}, all ? `${countWords(all)} segments: ${kinds.join(", ")}.` : "No segments yet."));
  }

  function night(found) {
    const one = found.night;
    const where = found.places.runs ? h("p", {}, h("a", { href: found.places.runs }, "All nights")) : null;
    if (!one) return card("Last night", h("p", { class: "note" }, "There was no night yet; segkit nightly runs one."), where);
    const [shape, words] = NIGHTS[one.outcome] ?? ["note", one.outcome];
    const parts = [`${countWords(one.published)} segments published`, one.held && `${countWords(one.held)} held`, one.failed && `${countWords(one.failed)} failed`, one.exports && `${countWords(one.exports)} exported`];
    return card("Last night", h("div", { class: `state ${one.outcome}` }, icon(shape), `${words}, night of ${dayWords(one.date)}`),
      h("p", { class: "note" }, `${parts.filter(Boolean).join(", ")}. Ended ${one.ended}.`),
      found.held.length ? h("p", {}, h("strong", {}, "Held now: "), found.held.join(", "), found.may_accept ? ". Look at what was found before it is let through." : ".") : null, where);
  }

  function stale(found) {
    if (!found.stale_ones) return card("Stale", h("div", { class: "state done" }, icon("check"), "Every count is of its newest definition and data."));
    const more = found.stale_ones - found.stale.length;
    return card("Stale", h("div", { class: "state held" }, icon("note"), found.stale_ones === 1 ? "1 segment is not up to date" : `${countWords(found.stale_ones)} segments are not up to date`),
      h("ul", { class: "lines" }, found.stale.map((row) => h("li", {}, nameOf(found, row), h("span", { class: "note" }, row.note)))),
      more ? h("p", { class: "note" }, `and ${countWords(more)} more`) : null);
  }

  function moved(found) {
    const choose = h("div", { class: "choices", role: "group", "aria-label": "Over how many days" }, found.moved.map(({ days }) =>
      button(days === 1 ? "Since the day before" : `Over ${days} days`, () => { span = days; paint(found); root.querySelector(".moved button[aria-pressed=true]")?.focus(); }, { "aria-pressed": String(days === span) })));
    const here = found.moved.find(({ days }) => days === span);
    const lists = here.compared
      ? h("div", { class: "both" }, list(found, "Grew most", here.grown, "Nothing grew."), list(found, "Shrank most", here.shrunk, "Nothing shrank."))
      : h("p", { class: "note" }, "Nothing was published on both days, so there is nothing to compare. It fills night after night.");
    const made = card("What moved", choose, lists);
    made.classList.add("moved");
    return made;
  }

  function list(found, title, rows, none) {
    return h("section", { "aria-label": title }, h("h5", {}, title), rows.length
      ? h("ul", { class: "lines" }, rows.map((row) => h("li", {}, nameOf(found, row), sparkOf(row.counts, found.as_of, found.days),
        h("span", { class: "number" }, countWords(row.count)), h("span", { class: `number change ${row.change > 0 ? "up" : "down"}` }, changeWords(row)))))
      : h("p", { class: "note" }, none));
  }

  paint(view.opening);
  return () => view.end();
}

function card(title, ...parts) {
  return h("article", { class: "card", "aria-label": title }, h("h4", {}, title), parts.filter(Boolean));
}

function changeWords({ change, before }) {
  const signed = `${change > 0 ? "+" : "−"}${countWords(Math.abs(change))}`;
  return before ? `${signed} (${change > 0 ? "+" : "−"}${share(Math.abs(change), before)})` : signed;
}

export default { render };
