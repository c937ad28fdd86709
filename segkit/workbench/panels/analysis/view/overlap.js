// An UpSet plot of real elements: a column a region, which is a button that makes it a segment; a row a segment.

const MOST_REGIONS = 12;

function overlapView(view, state, ask) {
  return {
    controls: [], sync() {},
    question: () => (state.chosen.length >= 2 ? { segments: [...state.chosen] } : null),
    missing: "Add two to eight segments to see who is in several of them at once.",
    take() {},
    lint: (question) => question.segments,
    paint: (found, question, remarks) => overlapOf(view, state, found, remarks),
  };
}

function overlapOf(view, state, found, remarks) {
  const order = [...found.segments].sort((one, other) => other.users - one.users);
  const regions = found.regions.filter((region) => region.in.length);
  const most = Math.max(1, ...regions.map((region) => region.users));
  const biggest = Math.max(1, ...order.map((segment) => segment.users));
  const said = h("p", { class: "said" });
  const idle = state.maySave ? "Point at a column, or go through them with the arrow keys; a click or Enter makes it a segment." : "Point at a column, or go through them with the arrow keys.";
  const tell = (region) => put(said, region ? wordsOfRegion(region) : idle);
  const wordsOfRegion = (region) => `${grouped.format(region.users)} users are ${region.words}: ${share(region.users, found.union)} of those in any, ${share(region.users, found.base)} of all.`;
  const ids = found.segments.map((segment) => segment.id);
  const keep = (region, anchor) => state.maySave && openKeeping(view, state, anchor, { of: "overlap", segments: ids, inside: region.in },
    `${grouped.format(region.users)} users ${region.words}`, nameOfRegion(region), state.added);
  const nameOfRegion = (region) => {
    const names = region.in.map(state.nameOf);
    if (!names.length) return `In none of ${found.segments.length} segments`;
    return names.length === found.segments.length ? names.join(" and ") : `Only ${names.join(" and ")}`;
  };

  function column(region, number) {
    const inside = order.map((segment) => region.in.includes(segment.id));
    const [first, last] = [inside.indexOf(true), inside.lastIndexOf(true)];
    const dots = inside.map((isIn, row) => h("span", { class: `cell ${isIn ? "in" : ""} ${row > first && row <= last ? "joined" : ""}` }, h("i", { style: isIn ? `background:${state.colours.of(order[row].id)}` : "" })));
    const made = h("button", {
      type: "button", class: "region", tabIndex: number ? -1 : 0, "aria-haspopup": state.maySave ? "dialog" : undefined,
      "aria-label": `${wordsOfRegion(region)}${state.maySave ? " Make it a segment" : ""}`, onclick: () => keep(region, made),
      onmouseenter: () => tell(region), onfocus: () => { tell(region); for (const each of columns.children) each.tabIndex = each === made ? 0 : -1; },
    }, h("span", { class: "high" }, h("span", { class: "count" }, grouped.format(region.users)), h("span", { class: "column marks", style: `height:${Math.max(0.7, (100 * region.users) / most)}%` })), dots);
    return made;
  }
  const columns = h("div", { class: "columns", role: "group", "aria-label": "Regions, the largest first" });
  columns.addEventListener("keydown", (event) => {
    const all = [...columns.children];
    const now = all.indexOf(document.activeElement);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, to))].focus();
  });
  columns.addEventListener("mouseleave", () => { if (!columns.contains(document.activeElement)) tell(null); });
  columns.addEventListener("focusout", (event) => { if (!columns.contains(event.relatedTarget)) tell(null); });
  const more = regions.length > MOST_REGIONS ? button("", () => { isWhole = !isWhole; paint(); }, { class: "plain" }) : null;
  let isWhole = false;
  const paint = () => {
    columns.replaceChildren(...(isWhole ? regions : regions.slice(0, MOST_REGIONS)).map(column));
    if (more) put(more, isWhole ? `Show the ${MOST_REGIONS} largest only` : `Show all ${regions.length} regions`);
  };
  paint();
  tell(null);

  const names = h("ul", { class: "rows", "aria-label": "Segments" }, order.map((segment) => h("li", {}, swatch(state.colours.of(segment.id)),
    h("span", { class: "name", title: segment.name }, segment.name), barOf([[segment.users / biggest, state.colours.of(segment.id)]]), h("span", { class: "number" }, grouped.format(segment.users)))));
  const picture = h("div", { class: "upset" }, h("div", { class: "names" }, h("div", { class: "corner note" }, `${grouped.format(found.union)} of ${grouped.format(found.base)} users are in at least one, as of ${dayWords(found.as_of)}, ${found.source}.`), names), h("div", { class: "regions" }, columns));
  const none = { users: found.none, in: [], words: "in none of them" };
  const noneButton = found.none && state.maySave ? button("Make them a segment", () => keep(none, noneButton), { class: "small", "aria-haspopup": "dialog", "aria-label": "Make those in none of them a segment" }) : null;
  const byId = new Map(found.segments.map((segment) => [segment.id, segment]));
  return [
    regions.length ? picture : h("p", { class: "empty" }, "No user is in any of them."),
    h("div", { class: "under" }, said, more),
    h("p", { class: "none" }, `${grouped.format(found.none)} users are in none of them. `, noneButton),
    wordsOf(found.words.slice(-1), found.notes),
    remarksOf(remarks, "At the boundaries of these segments"),
    tableBehind("Every region", ["Users who are", "Users", "Share of all"], found.regions.map((region) => [region.words, region.users, share(region.users, found.base)])),
    tableBehind("What each two share", ["Segment", "and", "In both", "Of the first", "Of the second"], found.pairs.map((pair) => [byId.get(pair.segments[0]).name, byId.get(pair.segments[1]).name, pair.both, percentWords(pair.shares[0]), percentWords(pair.shares[1])])),
  ];
}
