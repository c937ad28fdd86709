// Behaviours: did or did not, which event, how much of it, in which days; and events one after the other.

const MEASURES = {
  count: "times", days: "different days", periods: "regularly:", sum: "sum of", avg: "average of", min: "smallest",
  max: "largest", distinct: "how many different", share: "as a share of", first: "for the first time", last: "for the last time",
};

function behaviourControls(view, item, seen, keep) {
  const { leaf, negated } = seen;
  const { store } = view;
  const event = store.events.get(leaf.event);
  const measure = store.words.measures.find((each) => each.measure === (leaf.measure ?? "count"));
  const edit = (fn, options) => view.edit(item._id, fn, options);
  const name = event?.name ?? leaf.event;
  const isCounted = ["count", "days"].includes(measure.measure);
  const filters = event ? filterControls(view, item, { event, node: leaf, reach: (found) => found, keep, label: name }) : null;
  const isOne = leaf.value === undefined || leaf.value === 1;
  const measures = wordSelect(`${name}, measure`, measureOptions(store, event, isOne), measure.measure, (chosen) => edit((found) => {
    resetMeasure(found, chosen, store, event);
  }, { focus: `${keep}|measure` }), `${keep}|measure`);
  return [
    h("span", { class: "sentence" },
      wordSelect("Did or did not", [["did", "Did"], ["not", "Did not"]], negated ? "not" : "did", () => view.negate(item._id, `${keep}|did`), `${keep}|did`),
      eventButton(view, leaf.event, keep, (code) => edit((found) => {
        if (found.event === code) return false;
        found.event = code;
        delete found.where;
        if (found.of) resetMeasure(found, "count");
      }, { focus: `${keep}|measure` })),
      event ? null : word("is not in the vocabulary of this app", "bad"),
      isCounted ? null : measures, ofControls(view, item, leaf, measure, keep),
      comparison(view, {
        id: item._id, node: { op: leaf.op ?? "ge", value: "op" in leaf ? leaf.value : 1 }, keep, label: name,
        reach: (found) => { found.op ??= "ge"; if (!("value" in found) && found.op === "ge") found.value = 1; return found; },
        operators: measure.operators, declared: unitOf(store, leaf, measure),
      }),
      isCounted ? measures : unitWords(view, leaf, measure, edit, keep),
      measure.type === "date" ? word(", looking") : null,
      windowControls(leaf.window, (window, options) => edit((found) => { found.window = window; }, options), store.asOf, keep, measure.measure === "periods"), filters?.add,
    ),
    filters?.block,
  ];
}

function eventButton(view, code, keep, onpick) {
  const name = view.store.events.get(code)?.name ?? code;
  return subjectButton(name, `${name}, choose another behaviour`, keep, () => openPicker(view.root, view.control(`${keep}|subject`), {
    label: "Choose a behaviour", options: eventOptions(view.store, (event) => onpick(event.code)),
  }));
}

const measurable = (store, event, measure) => (event?.parameters ?? [])
  .map((code) => store.parameters.get(code))
  .filter((declared) => (measure.numbers_only ? declared.type === "number" : declared.type !== "list"));

function measureOptions(store, event, isOne) {
  const words = isOne ? { ...MEASURES, count: "time", days: "day" } : MEASURES;
  return store.words.measures
    .filter((measure) => measure.of !== "parameter" || measurable(store, event, measure).length)
    .map(({ measure }) => [measure, words[measure], ["count", "days", "periods"].includes(measure) ? "How often" : ["first", "last"].includes(measure) ? "When" : "How much"]);
}

/** Another measure, with a comparison that it has. */
function resetMeasure(leaf, measure, store, event) {
  for (const key of ["measure", "of", "every", "at_least", "op", "value"]) delete leaf[key];
  if (measure === "count") return;
  const declared = store.words.measures.find((each) => each.measure === measure);
  leaf.measure = measure;
  if (declared.of === "parameter") leaf.of = measurable(store, event, declared)[0].code;
  if (declared.of === "event") leaf.of = { event: store.vocabulary.events.find((each) => each.code !== leaf.event)?.code ?? leaf.event };
  if (declared.type === "date") Object.assign(leaf, { op: "in_last", value: 30, window: { all: true } });
  else if (measure === "periods") Object.assign(leaf, { every: 7, at_least: 1, op: "ge", value: 4, window: { last: 28 } });
  else Object.assign(leaf, { op: "ge", value: measure === "share" ? 0.5 : measure === "days" || measure === "distinct" ? 2 : null });
}

/** What is measured: a parameter, or the event that a share is of. */
function ofControls(view, item, leaf, measure, keep) {
  const { store } = view;
  const edit = (fn, options) => view.edit(item._id, fn, options);
  if (measure.of === "parameter") {
    const options = measurable(store, store.events.get(leaf.event), measure).map(({ code, name }) => [code, name]);
    return wordSelect("Which parameter", options, leaf.of, (code) => edit((found) => { found.of = code; }, { focus: `${keep}|of` }), `${keep}|of`);
  }
  if (measure.of !== "event") return null;
  const other = store.events.get(leaf.of?.event);
  const filters = other ? filterControls(view, item, { event: other, node: leaf.of, reach: (found) => found.of, keep: `${keep}|of`, label: other.name }) : null;
  return [
    eventButton(view, leaf.of?.event, `${keep}|of`, (code) => edit((found) => { found.of = { event: code }; }, { focus: `${keep}|of|subject` })),
    ...(filters ? [filters.block, filters.add] : []),
  ];
}

function unitOf(store, leaf, measure) {
  const parameter = measure.numbers_only && typeof leaf.of === "string" ? store.parameters.get(leaf.of) : null;
  return parameter ? { unit: parameter.unit } : null;
}

/** The words behind a number: times, days, periods of so many days. */
function unitWords(view, leaf, measure, edit, keep) {
  if (measure.measure !== "periods") return null;
  const small = (key, label) => numberInput(leaf[key] ?? 1, (number) => edit((found) => { if (number === null || number < 1) return false; found[key] = number; }, { typed: `${keep}|${key}` }), `${keep}|${key}`, label);
  return [word("periods of"), small("every", "Days in a period"), word("days with at least"), small("at_least", "At least so many in a period"), word("each,")];
}

// --- the days looked at ----------------------------------------------------------------------------------------------

const WINDOWS = [["last", "in the last"], ["range", "from"], ["ago", "between"], ["all", "in the whole history"]];

function windowControls(window, set, asOf, keep, onlyLast = false) {
  const kind = "last" in window ? "last" : window.all ? "all" : "ago" in window ? "ago" : "range";
  const change = (chosen) => set({ last: { last: 30 }, all: { all: true }, ago: { ago: [60, 30] }, range: lastMonth(asOf) }[chosen], { focus: `${keep}|window` });
  const options = WINDOWS.map(([key, text]) => [key, text]);
  const parts = [wordSelect("Window", onlyLast ? options.slice(0, 1) : options, kind, change, `${keep}|window`)];
  const number = (value, place, label, make) => numberInput(value, (now) => { if (now !== null && now >= (make.least ?? 1)) set(make(now), { typed: `${keep}|${place}` }); }, `${keep}|${place}`, label);
  if (kind === "last") parts.push(number(window.last, "days", "Window, days", (days) => ({ last: days })), word(window.last === 1 ? "day" : "days"));
  if (kind === "ago") {
    const both = [...window.ago];
    const first = (days) => { both[0] = days; return { ago: [...both] }; };
    const second = (days) => { both[1] = days; return { ago: [...both] }; };
    second.least = 0;
    parts.push(number(both[0], "ago0", "Window begins, days ago", first), word("and"), number(both[1], "ago1", "Window ends, days ago", second), word("days ago"));
  }
  if (kind === "range") {
    const days = { from: window.from, to: window.to };
    const put_ = (key) => (day) => { if (!day) return; days[key] = day; set({ ...days }, { typed: `${keep}|${key}` }); };
    parts.push(dateInput(window.from, put_("from"), `${keep}|from`, "Window, first day"), word("to"), dateInput(window.to, put_("to"), `${keep}|to`, "Window, last day"));
  }
  return h("span", { class: "window" }, parts);
}

/** The 30 days before a day, as a range. */
function lastMonth(asOf) {
  const before = (days) => new Date(Date.parse(asOf) - days * 86_400_000).toISOString().slice(0, 10);
  return { from: before(30), to: before(1) };
}

// --- one after the other ---------------------------------------------------------------------------------------------

function sequenceControls(view, item, seen, keep) {
  const { leaf, negated } = seen;
  const edit = (fn, options) => view.edit(item._id, fn, options);
  const swap = (from, to) => edit((found) => {
    if (to < 0 || to >= found.sequence.length) return false;
    found.sequence.splice(to, 0, found.sequence.splice(from, 1)[0]);
  }, { focus: `${keep}|step${to}|grip`, say: `Step ${from + 1} is now step ${to + 1}` });
  const steps = leaf.sequence.map((step, number) => {
    const place = `${keep}|step${number}`;
    const event = view.store.events.get(step.event);
    const filters = event ? filterControls(view, item, { event, node: step, reach: (found) => found.sequence[number], keep: place, label: event.name }) : null;
    const grip = iconButton("grip", `Step ${number + 1}: Alt and arrows move it`, () => {}, {
      "data-keep": `${place}|grip`, onkeydown: (press) => {
        const to = { ArrowUp: number - 1, ArrowDown: number + 1 }[press.key];
        if (!press.altKey || to === undefined) return;
        press.preventDefault();
        press.stopPropagation();
        swap(number, to);
      },
    });
    const row = h("li", { class: "step" }, grip, h("span", { class: "stepnumber" }, `${number + 1}.`),
      eventButton(view, step.event, place, (code) => edit((found) => { found.sequence[number] = { event: code }; }, { focus: `${place}|subject` })),
      filters?.block, filters?.add,
      leaf.sequence.length > 2 ? iconButton("close", `Remove step ${number + 1}`, () => edit((found) => { found.sequence.splice(number, 1); }, { focus: `${keep}|addstep` })) : null);
    dragStep(grip, row, number, swap);
    return row;
  });
  const add = leaf.sequence.length < 8 ? h("button", {
    type: "button", class: "plain add", "data-keep": `${keep}|addstep`, "aria-haspopup": "dialog",
    onclick: () => openPicker(view.root, view.control(`${keep}|addstep`), {
      label: "Choose the next step", options: eventOptions(view.store, (event) => edit((found) => { found.sequence.push({ event: event.code }); }, { focus: `${keep}|addstep` })),
    }),
  }, icon("plus"), "then") : null;
  return [
    h("span", { class: "sentence" },
      wordSelect("Did or did not", [["did", "Did in this order"], ["not", "Did not do in this order"]], negated ? "not" : "did", () => view.negate(item._id, `${keep}|did`), `${keep}|did`),
      word("within"), numberInput(leaf.within, (days) => { if (days !== null && days >= 1) edit((found) => { found.within = days; }, { typed: `${keep}|within` }); }, `${keep}|within`, "Days from the first to the last step"), word("days,"),
      windowControls(leaf.window, (window, options) => edit((found) => { found.window = window; }, options), view.store.asOf, keep)),
    h("ol", { class: "steps" }, steps), add,
  ];
}
