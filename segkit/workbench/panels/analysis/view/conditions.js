// What each condition of a rule does: in its turn as bars that grow shorter, by itself, and by its absence.

function conditionsView(view, state, ask) {
  const segment = segmentSelect("Segment", state, ask);
  return {
    controls: [segment.element], sync: () => segment.paint(),
    question: () => (segment.value ? { segment: segment.value } : null),
    missing: "Add a segment to see what each of its conditions does.",
    take: (question) => { segment.value = question.segment; },
    lint: (question) => [question.segment],
    paint: (found, question, remarks) => conditionsOf(view, state, found, question, remarks),
  };
}

function conditionsOf(view, state, found, question, remarks) {
  const colour = state.colours.of(question.segment);
  const name = state.nameOf(question.segment);
  const whole = Math.max(1, found.base);
  const heads = [["Condition, in the rule's order"], ["Left", "number"], ["Change", "number"], ["By itself", "number"], ["Total without it", "number"], ["", ""]];
  const edge = (title, count) => h("tr", { class: "edge" }, h("th", { scope: "row" }, title, barOf([[count / whole, colour]])),
    h("td", { class: "number" }, grouped.format(count)), h("td", {}), h("td", {}), h("td", {}), h("td", {}));
  const rows = found.steps.map((step) => {
    const odd = remarks.filter((remark) => remark.path === step.path);
    const inner = step.in_line && step.left !== null && !step.muted;
    const change = step.removed !== null ? (step.removed ? `−${grouped.format(step.removed)}` : "none") : step.added !== null ? (step.added ? `+${grouped.format(step.added)}` : "none") : "";
    const without = step.without === null ? "" : step.without === found.count ? "the same" : grouped.format(step.without);
    const some = step.removed ?? step.added;
    const keep = state.maySave && some && !step.muted ? iconButton("plus", `Make the ${grouped.format(some)} users that “${step.text}” ${step.added === null ? "removes" : "adds"} a segment`, (event) => openKeeping(
      view, state, event.currentTarget, { of: "conditions", segment: question.segment, path: step.path },
      `${grouped.format(some)} users whom “${step.text}” ${step.added === null ? "removes" : "adds"}`, `${name}, ${step.added === null ? "without" : "by"} ${step.text}`, state.added), { "aria-haspopup": "dialog" }) : null;
    return h("tr", { class: step.muted ? "muted" : "" },
      h("th", { scope: "row", style: `padding-left:${16 + 14 * Math.max(0, step.depth - 1)}px` }, step.text, step.muted ? h("span", { class: "note" }, " (muted)") : null,
        odd.map((remark) => h("div", { class: "odd" }, icon("note"), h("span", {}, remark.words))),
        inner ? barOf([[step.left / whole, colour], [(step.removed ?? 0) / whole, null, "lost"]]) : null),
      h("td", { class: "number strong" }, inner ? grouped.format(step.left) : ""), h("td", { class: "number" }, step.muted ? "" : change),
      h("td", { class: "number" }, step.count === null ? "" : grouped.format(step.count)), h("td", { class: "number" }, without), h("td", { class: "action" }, keep));
  });
  const title = `What each condition of ‘${name}’ does`;
  const table = h("table", { class: "funnel", "aria-label": title },
    h("thead", {}, h("tr", {}, heads.map(([head, kind]) => h("th", { scope: "col", class: kind }, head || h("span", { class: "unseen" }, "Actions"))))),
    h("tbody", {}, edge("All users", found.base), rows, edge("Picked", found.count)));
  const elsewhere = remarks.filter((remark) => !found.steps.some((step) => step.path === remark.path));
  return [
    h("div", { class: "lead" }, h("div", { class: "hero" }, grouped.format(found.count)), h("div", { class: "note" }, `${share(found.count, found.base)} of ${grouped.format(found.base)} users as of ${dayWords(found.as_of)}`)),
    wordsOf(found.words.slice(1), found.notes),
    h("div", { class: "tablebox", tabIndex: 0, role: "region", "aria-label": title }, table),
    remarksOf(elsewhere, "What is odd about the rule"),
  ];
}
