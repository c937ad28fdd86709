// One person: labels by category, devices, events by day, segments, and why they are in or not.

const TABS = [["labels", "Labels"], ["events", "Events"], ["segments", "Segments and why"]];

/** The place to the right of the members where a person is shown. `state()` gives number and switch of the moment. */
function personOf(view, { segments, isShown, onclose }) {
  const mark = `person${++lastId}`;
  const title = h("h3", { tabIndex: -1, id: `${mark}-title` });
  const known = h("p", { class: "note" });
  const tabs = TABS.map(([key, text]) => h("button", {
    type: "button", role: "tab", id: `${mark}-${key}`, "aria-controls": `${mark}-panel`, "data-tab": key, onclick: () => choose(key),
  }, text));
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": "About this person" }, tabs);
  const body = h("div", { role: "tabpanel", id: `${mark}-panel`, class: "personbody", tabIndex: 0 });
  const close = iconButton("close", "Close this person's page", () => made.close());
  const element = h("aside", { class: "person", "aria-labelledby": `${mark}-title`, hidden: true },
    h("div", { class: "personhead" }, h("div", {}, title, known), close), bar, body);
  const made = { element, no: null, tab: "labels" };
  let asked = 0;
  let told = null;
  let why = null; // the segment that is explained

  made.open = async (no, keepsFocus = false) => {
    const isNew = no !== made.no;
    made.no = no;
    if (isNew) { told = null; why = null; put(title, "…"); put(known, ""); body.replaceChildren(h("p", { class: "note" }, "Reading this person's page…")); }
    element.hidden = false;
    if (!keepsFocus) { title.focus({ preventScroll: true }); element.scrollIntoView({ block: "nearest" }); }
    const mine = ++asked;
    const answer = await view.ask("person", { no, shown: isShown() }, { quiet: true });
    if (mine !== asked) return;
    if (answer.refused) { put(title, "No page"); body.replaceChildren(h("p", { class: "message bad" }, answer.refused)); return; }
    told = answer;
    put(title, told.uid);
    put(known, [told.known, told.is_masked ? "personal data masked" : ""].filter(Boolean).join(" · "));
    draw();
    if (why) explain(why);
    view.say(`Page of ${told.uid}`);
  };
  made.close = () => { asked += 1; made.no = null; element.hidden = true; onclose(); };
  made.again = () => { if (made.no !== null) made.open(made.no, true); };

  function choose(tab) { made.tab = tab; draw(); }

  bar.addEventListener("keydown", (event) => {
    const now = TABS.findIndex(([key]) => key === made.tab);
    const to = { ArrowRight: now + 1, ArrowLeft: now + TABS.length - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(TABS[to % TABS.length][0]);
    tabs[to % TABS.length].focus();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || openNow) return;
    event.preventDefault();
    event.stopPropagation();
    made.close();
  });

  function draw() {
    for (const each of tabs) {
      const isNow = each.dataset.tab === made.tab;
      each.setAttribute("aria-selected", String(isNow));
      each.tabIndex = isNow ? 0 : -1;
    }
    body.setAttribute("aria-labelledby", `${mark}-${made.tab}`);
    if (!told) return;
    const parts = { labels: labelsOf, events: eventsOf, segments: segmentsOf }[made.tab](told);
    body.replaceChildren(...parts, ...told.notes.map((note) => h("p", { class: "note" }, `Note: ${note}.`)));
  }

  const facts = (heading, labels) => h("section", {}, h("h4", {}, heading), h("dl", { class: "facts" }, labels.map((label) => h("div", {},
    h("dt", {}, label.name), h("dd", { class: label.text ? "" : "none" }, label.text || "no value"), h("dd", { class: "note" }, label.since)))));

  function labelsOf(found) {
    return [...found.links.map((each) => facts(`Linked: ${each.name}`, each.labels)), ...found.categories.map((each) => facts(each.name, each.labels))];
  }

  function eventsOf(found) {
    const list = h("ol", { class: "days" }, daysOf(found.days));
    const earlier = button("Show earlier days", async () => {
      const no = made.no;
      const answer = await view.ask("earlier", { no, before: found.before, shown: isShown() });
      if (!answer || no !== made.no || told !== found) return;
      found.days = [...found.days, ...answer.days];
      found.before = answer.before;
      const at = list.children.length;
      list.append(...daysOf(answer.days));
      earlier.hidden = !found.before;
      list.children[at]?.focus({ preventScroll: true });
    }, { hidden: !found.before });
    return [h("section", {}, h("p", { class: "note" }, found.activity), list, earlier)];
  }

  const daysOf = (days) => days.map((day) => h("li", { tabIndex: -1 },
    h("h4", { class: "day" }, day.day, h("span", { class: "note" }, ` ${day.events.length} event${day.events.length === 1 ? "" : "s"}`)),
    h("table", { class: "events", "aria-label": `Events of ${day.day}` }, h("tbody", {}, eventRows(day.events)))));

  function segmentsOf(found) {
    const lines = found.segments.map((each) => h("li", { class: each.is_in ? "" : "was" }, h("span", { class: "name" }, each.name), h("span", { class: "note" }, each.words),
      button("Why", () => explain({ id: each.id, name: each.name }), { "aria-label": `Why ${each.is_in ? "in" : "not in"} ${each.name}`, class: "plain" })));
    const pick = button([icon("search"), "Why in, why not"], () => openPicker(view.root, pick, { label: "Why in, why not: choose a segment", options: segmentChoices(segments, explain, (text) => view.show(text)) }), { "aria-haspopup": "dialog", class: "whypick" });
    const place = h("div", { class: "whyplace", "aria-live": "off" });
    made.place = place;
    return [h("section", {}, pick, place), h("section", {}, h("h4", {}, "Segments"), lines.length ? h("ul", { class: "memberships" }, lines) : h("p", { class: "note" }, "In none of the published ones."))];
  }

  async function explain(segment) {
    why = segment;
    if (made.tab !== "segments") return;
    const { no } = made;
    made.place?.replaceChildren(h("p", { class: "note" }, `Looking why, in ‘${segment.name}’…`));
    const answer = await view.ask("why", { no, segment: segment.id, shown: isShown() }, { quiet: true });
    if (no !== made.no || why !== segment || !made.place) return;
    if (answer.refused) return made.place.replaceChildren(h("p", { class: "message bad" }, answer.refused));
    const more = async (place, after) => (await view.ask("rows", { no, segment: segment.id, place, after, shown: isShown() }))?.line.rows;
    made.place.replaceChildren(whyOf(answer, more));
    view.say(answer.title);
    made.place.querySelector(".title").focus({ preventScroll: true });
    made.place.scrollIntoView({ block: "nearest" });
  }
  return made;
}

/** Segments to choose from. One that cannot be listed says why instead. */
function segmentChoices(segments, pick, refuse) {
  return segments.map((each) => ({
    name: each.name, code: each.id, category: { predefined: "Predefined", custom: "Custom", imported: "Imported lists" }[each.kind] ?? each.kind,
    type: each.why ? "not listed" : countWords(each.count), description: each.why ?? "", pick: () => (each.why ? refuse(`‘${each.name}’: ${each.why}`) : pick(each)),
  }));
}
