// The runs panel: what gates hold now, deliveries that wait, and night after night what was done.

const OUTCOMES = { done: ["check", "done"], held: ["note", "partly held"], partly: ["note", "partly done"], failed: ["close", "failed"] };

function secondsWords(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function render({ model, el }) {
  const view = panelOf(model, el, "runs", "Nights");
  const again = button("Look again", async () => { const found = await view.ask("again"); if (found) paint(found); });
  const held = h("section", { class: "held", "aria-label": "Held now" });
  const waiting = h("section", { class: "waiting", "aria-label": "Deliveries", hidden: true });
  const working = h("p", { class: "message", hidden: true });
  const detail = h("aside", { "aria-label": "The night" });
  const nothing = h("div", { class: "start", hidden: true });
  const table = tableOf({
    label: "Nights", keyOf: (row) => row.date, onopen: (row) => open(row.date),
    columns: [
      { key: "date", title: "Night of", show: (row) => dayWords(row.date) },
      { key: "outcome", title: "State", show: (row) => stateOf(row.outcome) },
      { key: "published", title: "Published", isNumber: true, show: (row) => countWords(row.published) },
      { key: "held", title: "Held", isNumber: true, show: (row) => countWords(row.held) },
      { key: "changed", title: "Grown / shrunk", isNumber: true, show: (row) => `${countWords(row.grown)} / ${countWords(row.shrunk)}` },
      { key: "seconds", title: "Took", isNumber: true, show: (row) => secondsWords(row.seconds) },
      { key: "ended", title: "Ended", show: (row) => row.ended + (row.attempt > 1 ? `, attempt ${row.attempt}` : "") },
    ],
  });
  const sides = h("div", { class: "sides" }, table.element, detail);
  let opened = null;

  function stateOf(outcome) {
    const [shape, words] = OUTCOMES[outcome] ?? ["note", outcome];
    return h("span", { class: `state ${outcome}` }, icon(shape), words);
  }

  // --- what is held ---
  function cardOf(one, finding, mayAccept) {
    const named = finding.segment ? `‘${finding.segment}’` : `Every segment of ${one.app}`;
    const served = finding.segment && finding.served !== null && finding.served !== undefined ? ` Its last ${countWords(finding.served)} users are still served.` : " What was published before is still served.";
    const accept = button("Let it through…", () => sure(one, finding, accept), { disabled: !mayAccept, "aria-label": `Let ${finding.segment || finding.gate} through` });
    return h("article", { class: "card" }, h("h4", {}, `${named} is held`), h("p", {}, `${finding.sentence[0].toUpperCase()}${finding.sentence.slice(1)}.`),
      h("p", { class: "note" }, `Gate ${finding.gate}: found ${finding.found}, expected ${finding.limit}. As of ${dayWords(one.as_of)}.${served}`),
      finding.needs_load
        ? h("p", { class: "note" }, "Nothing new was loaded. ", h("code", {}, "segkit nightly --accept drift"), " takes the sources as they are, and loads them.")
        : h("div", { class: "choices" }, accept));
  }

  function sure(one, finding, anchor) {
    const what = finding.segment ? `‘${finding.segment}’ is` : `All held segments of ${one.app} are`;
    const close = openPopover(view.root, anchor, h("div", { class: "pastebox" },
      h("p", {}, `${what} published as found, and exports that waited take it. It is on record as your word.`),
      h("div", { class: "choices" }, button("Let it through", () => { close(); accept(one, finding); }, { class: "primary" }), button("Leave it held", () => close()))),
    { label: "Let it through", width: 320 });
    close.box.querySelector("button").focus({ preventScroll: true });
  }

  async function accept(one, finding) {
    view.show("");
    const answer = await view.ask("accept", { app: one.app, as_of: one.as_of, what: finding.what });
    if (!answer) return;
    paint(answer);
    const count = answer.published.length === 1 ? "1 segment is" : `${countWords(answer.published.length)} segments are`;
    view.show(`Let through, on record: ${count} published. Exports that waited are made by the next night, or now by segkit nightly.`, "good");
    view.message.focus({ preventScroll: true });
  }

  // --- a night ---
  async function open(date) {
    const answer = await view.ask("night", { date });
    if (!answer) return;
    opened = date;
    table.choose(date);
    const night = answer.night;
    const preview = h("div", { class: "preview", hidden: true });
    const pages = night.pages.map((app) => h("div", { class: "choices" },
      button(app ? `Read the page of ${app}` : "Read the page of this night", () => show(app, preview, date)),
      button("Save it", () => saveFile(view, "page", { date, app }), { "aria-label": app ? `Save the page of ${app}` : "Save the page" })));
    detail.replaceChildren(
      h("h4", { tabIndex: -1 }, `Night of ${dayWords(date)}`), h("p", {}, stateOf(night.outcome), ` after ${secondsWords(night.seconds)}`),
      ...(night.error ? [h("p", { class: "message bad" }, night.error)] : []), ...reasonsOf("Failed", night.reasons.failed), ...reasonsOf("Held", night.reasons.held),
      ...night.by_app.map((app) => ofApp(app, night.by_app.length > 1)), ...gatesOf(night.gates), ...earlierOf(night.earlier), ...pages, preview,
      h("p", { class: "note" }, `Evidence: ${night.notebooks.join(", ") || "none"}`));
    detail.querySelector("h4").focus({ preventScroll: true });
  }

  async function show(app, preview, date) {
    const answer = await view.ask("page", { date, app });
    if (!answer) return;
    const text = new TextDecoder().decode(answer.bytes[0]);
    preview.replaceChildren(h("iframe", { sandbox: "", srcdoc: text, title: `Page of the night of ${dayWords(date)}`, tabIndex: 0 }));
    preview.hidden = false;
    preview.scrollIntoView({ block: "nearest" });
  }

  const reasonsOf = (title, reasons) => (reasons.length ? [h("div", {}, h("h4", {}, title), h("ul", { class: "plainlist" }, reasons.map((each) => h("li", {}, each))))] : []);
  const gatesOf = (gates) => {
    const through = gates.filter((each) => each.accepted);
    return reasonsOf("Let through", through.map((each) => `${each.holds || each.gate}: ${each.sentence} (by ${each.accepted})`));
  };
  const earlierOf = (earlier) => reasonsOf("Earlier attempts", earlier.map((each) => `Attempt ${each.attempt}: ${OUTCOMES[each.outcome]?.[1] ?? each.outcome}${each.error ? `, ${each.error}` : ""}`));

  function ofApp(app, isNamed) {
    return h("div", { class: "app" }, isNamed ? h("h4", {}, app.app) : null,
      h("p", {}, `${countWords(app.base)} users, ${countWords(app.segments)} segments as of ${dayWords(app.as_of)}; ${app.changed ? `${countWords(app.changed)} have changed` : "none has changed"}.`),
      app.most_changed.length ? h("ul", { class: "changes" }, app.most_changed.map((each) => h("li", {}, h("span", {}, each.name), h("span", { class: "number" }, `${countWords(each.before)} → ${countWords(each.count)}`)))) : null,
      app.exports.length ? h("ul", { class: "plainlist" }, app.exports.map((each) => h("li", {}, `Export ${each.name} ${each.status}${each.rows ? `, ${countWords(each.rows)} rows` : ""}${each.reason ? `: ${each.reason}` : ""}`))) : null,
      app.notes.length ? h("ul", { class: "plainlist note" }, app.notes.map((each) => h("li", {}, each))) : null,
      app.load.length ? h("details", {}, h("summary", {}, "What was loaded"), h("ul", { class: "plainlist note" }, app.load.map((each) => h("li", {}, each)))) : null);
  }

  // --- all of it ---
  function paint(found) {
    working.hidden = !found.at_work;
    working.textContent = found.at_work ? `A night is at work: ${found.at_work}.` : "";
    const cards = found.held.flatMap((one) => one.findings.map((finding) => cardOf(one, finding, found.may_accept)));
    held.hidden = !found.nights.length && !cards.length;
    held.replaceChildren(...(cards.length ? [h("h4", {}, "Held now"), ...cards, ...readersOf(found.held)] : [h("p", { class: "note fine" }, icon("check"), "Nothing is held: everything that was due is published.")]));
    if (cards.length && !found.may_accept) held.append(h("p", { class: "note" }, `Letting through takes the role editor or admin, which ‘${found.who}’ has not.`));
    waiting.hidden = !found.deliveries.length;
    waiting.replaceChildren(h("h4", {}, "Deliveries that have not arrived"), h("ul", { class: "plainlist" }, found.deliveries.map((each) => h("li", {},
      `${each.file.split("/").pop()} to ${each.place}, written ${each.age} ago: `, each.waits ? "waits" : "given up", each.attempts ? `, tried ${each.attempts === 1 ? "once" : `${each.attempts} times`}` : ", not tried yet", each.error ? h("span", { class: "problem" }, ` – ${each.error}`) : ""))),
    h("p", { class: "note" }, h("code", {}, "segkit notify"), " tries again now; the next night does, too."));
    sides.hidden = !found.nights.length;
    nothing.hidden = Boolean(found.nights.length);
    nothing.replaceChildren(h("h4", {}, "No night has run yet"), h("p", {}, "A night loads what is new, counts every daily segment, publishes it, and makes the exports that are due. Run one now, in a terminal:"), commandOf(found.commands.run),
      h("p", {}, "or let it run by itself; this prints the line for cron, or units for systemd:"), commandOf(found.commands.schedule));
    table.paint(found.nights);
    if (found.nights.length && !found.nights.some((each) => each.date === opened)) detail.replaceChildren(h("p", { class: "note" }, "Open a night to see what it did."));
    table.choose(opened);
  }

  function readersOf(all) {
    const waits = all.flatMap((one) => one.segments.filter((each) => !one.findings.some((finding) => finding.segment === each.name || !finding.segment)).map((each) => `‘${each.name}’: ${each.reason}`));
    return waits.length ? [h("details", {}, h("summary", {}, waits.length === 1 ? "1 segment waits for these" : `${countWords(waits.length)} segments wait for these`), h("ul", { class: "plainlist" }, waits.map((each) => h("li", {}, each))))] : [];
  }

  const commandOf = (words) => h("pre", { tabIndex: 0 }, words);

  view.root.append(h("header", {}, h("h3", {}, "Nights"), h("span", { class: "note" }, view.opening.apps.join(", ")), again), working, held, waiting, nothing, sides);
  paint(view.opening);
  return () => view.end();
}

export default { render };
