// Two definitions beside each other: what differs between their rules in words, and who is in the one or the other only.

function compareView(view, state, ask) {
  const segment = segmentSelect("First", state, () => { if (isOfVersions()) readVersions(); else ask(); }, { others: true });
  const other = segmentSelect("Second", state, ask, { others: true });
  const [old, now] = [h("select", { "aria-label": "Version before", onchange: ask }), h("select", { "aria-label": "Version after", onchange: ask })];
  const mode = h("select", {}, h("option", { value: "segments" }, "Two segments"), h("option", { value: "versions" }, "Two versions of one"));
  const fields = [labelled("Version before", old), labelled("Version after", now)];
  const isOfVersions = () => mode.value === "versions";
  let versions = [];
  let missing = "";
  const paint = () => {
    other.element.hidden = isOfVersions();
    for (const field of fields) field.hidden = !isOfVersions();
  };
  async function readVersions(numbers = null) {
    const answer = await view.ask("versions", { segment: segment.value }, { quiet: true });
    versions = answer.versions ?? [];
    missing = versions.length < 2 ? `‘${state.nameOf(segment.value)}’ has ${versions.length ? "one version" : "no versions"} only; nothing to compare.` : "";
    for (const select of [old, now]) select.replaceChildren(...versions.map(([number, when, by]) => h("option", { value: String(number) }, `Version ${number}, ${when} by ${by}`)));
    if (versions.length > 1) { old.value = String(numbers?.[0] ?? versions[1][0]); now.value = String(numbers?.[1] ?? versions[0][0]); }
    if (!numbers) ask();
  }
  mode.addEventListener("change", () => { paint(); if (isOfVersions()) readVersions(); else { missing = ""; ask(); } });
  paint();
  return {
    controls: [labelled("Compare", mode), segment.element, other.element, ...fields],
    sync: () => {
      segment.paint();
      other.paint();
      if (other.value === segment.value) other.value = state.chosen.find((id) => id !== segment.value) ?? state.segments.find((each) => each.id !== segment.value)?.id ?? "";
    },
    question: () => {
      if (!segment.value) return null;
      if (isOfVersions()) return versions.length > 1 ? { segment: segment.value, versions: true, old: Number(old.value), new: Number(now.value) } : null;
      return other.value && other.value !== segment.value ? { segment: segment.value, other: other.value } : null;
    },
    get missing() { return missing || (segment.value && !isOfVersions() ? "Choose two different segments." : "Choose what to compare."); },
    take: (question) => {
      segment.value = question.segment;
      if (question.other) other.value = question.other;
      mode.value = question.numbers?.length ? "versions" : "segments";
      paint();
      if (isOfVersions()) readVersions(question.numbers);
    },
    paint: (found, question) => compareOf(state, found, question),
  };
}

function compareOf(state, found, question) {
  const first = state.colours.of(question.segment);
  const second = question.other ? state.colours.of(question.other) : first;
  const whole = Math.max(1, found.both + found.gained + found.lost);
  const isSame = !found.gained && !found.lost;
  const rows = [[`Only in ${found.old}`, found.lost, first, ""], ["In both", found.both, null, "shared"], [`Only in ${found.new}`, found.gained, second, question.other ? "" : "new"]];
  const examples = exampleWords(found.examples, [["lost", `Only in ${found.old}`], ["gained", `Only in ${found.new}`]]);
  const title = `${found.old} beside ${found.new}`;
  return [
    h("div", { class: "lead" }, h("div", { class: "hero" }, isSame ? "The same users" : question.other ? `${share(found.both, whole)} in both` : `+${grouped.format(found.gained)}  −${grouped.format(found.lost)}`),
      h("div", { class: "note" }, `${found.old} has ${grouped.format(found.before)} users, ${found.new} has ${grouped.format(found.after)}, as of ${dayWords(found.as_of)}${question.other ? "; the share is of those in either" : ""}.`)),
    h("table", { class: "sides2", "aria-label": `Users: ${title}` }, h("thead", {}, h("tr", {}, ["Users who are", "Share of those in either", "Users"].map((text, number) => h("th", { scope: "col", class: number === 2 ? "number" : "" }, text)))),
      h("tbody", {}, rows.map(([text, count, colour, kind]) => h("tr", {}, h("th", { scope: "row" }, text), h("td", { class: "bar" }, barOf([[count / whole, colour, kind]])), h("td", { class: "number strong" }, grouped.format(count)))))),
    h("section", { class: "differences", "aria-label": "What differs between the rules" }, h("h4", {}, "From the first rule to the second"),
      found.words.length ? h("ul", {}, found.words.map((line) => h("li", {}, line))) : h("p", { class: "note" }, "The rules say the same, or there is none to compare.")),
    examples.length ? h("div", { class: "note" }, examples.map((line) => h("div", {}, line))) : null,
    found.hides_examples && !isSame ? h("p", { class: "note" }, "Example users are for those who may see who the users are, and never of a list.") : null,
    wordsOf([], found.notes),
  ];
}
