// What is being edited, shared by all views of one builder: the document, its history, and the talk with the kernel.
// The document on the screen is the truth: it goes out as a whole with the number of its edit, and no answer changes it.

const TYPING = 150; // milliseconds of quiet before what is typed is sent
const PATIENCE = 8_000;
const SOON = 1_500; // after which a cell that runs is named as what one waits for
const MOST_STEPS = 300;
const stores = new WeakMap();

function storeOf(model) {
  if (!stores.has(model)) stores.set(model, createStore(model));
  return stores.get(model);
}

function createStore(model) {
  const opening = model.get("opening");
  const listeners = new Set();
  const asked = new Map();
  const mark = Math.random().toString(36).slice(2, 8);
  let timer = null;
  let silence = null;
  const store = {
    words: opening.words, segments: opening.segments, vocabulary: opening.vocabulary,
    labels: new Map(opening.vocabulary.labels.map((label) => [label.code, label])),
    events: new Map(opening.vocabulary.events.map((event) => [event.code, event])),
    parameters: new Map(Object.entries(opening.vocabulary.parameters)),
    doc: opened(opening.document), asOf: opening.as_of, edit: opening.edit, id: opening.id, version: opening.version,
    taken: opening.taken, numbers: opening.numbers, app: opening.app, link: "there", saved: textOf(opening.document), status: { kind: "counting" }, past: [], future: [],
  };
  if (store.numbers?.kind === "numbers") store.status = { kind: "fresh" };
  if (opening.findings?.kind) store.findings = placed(opening.findings);
  store.left = takeLeft(store);
  store.since = performance.now();
  const kernel = watchKernel(model, (what) => {
    store.link = what === "back" ? "there" : what;
    if (what === "gone") {
      leaveBehind(store);
      for (const [, reject] of asked.values()) reject(new Error("The kernel was restarted. Run the cell again."));
      asked.clear();
      clearTimeout(silence);
    }
    if (what === "back" && store.status.kind !== "fresh") flush();
    store.emit("numbers");
  });

  /** Findings with the `_id` of the condition that each is of. */
  function placed(message) {
    return { ...message, found: message.found.map((each) => ({ ...each, id: conditionAt(store.doc.rule, each.place) })) };
  }

  function opened(document) {
    const doc = clone(document);
    doc.cycle ??= "daily";
    tagged(doc.rule);
    return doc;
  }

  store.on = (listener) => (listeners.add(listener), () => listeners.delete(listener));
  store.emit = (what, detail) => { for (const listener of listeners) listener(what, detail); };
  store.isChanged = () => textOf(withoutDefaults(store.doc)) !== textOf(withoutDefaults(JSON.parse(store.saved)));

  /**
   * Changes the document. `fn` gets a copy to change, and says false to leave it. `typed` names the field that somebody
   * types in: its steps are one step of the history, and the view is not drawn again.
   */
  store.change = (fn, { typed = null, focus = null, say = "", by = null } = {}) => {
    const doc = clone(store.doc);
    if (fn(doc) === false) return false;
    tagged(doc.rule);
    const now = Date.now();
    const goesOn = typed && store.lastTyped?.field === typed && now - store.lastTyped.at < 1000;
    if (!goesOn) {
      store.past.push({ doc: store.doc, focus: focus ?? typed });
      if (store.past.length > MOST_STEPS) store.past.shift();
    }
    store.lastTyped = typed ? { field: typed, at: now } : null;
    store.future = [];
    store.doc = doc;
    changed(typed ? TYPING : 0);
    store.emit(typed ? "typed" : "doc", { focus, say, by });
    return true;
  };

  function step(from, to, text) {
    const last = from.pop();
    if (!last) return;
    to.push({ doc: store.doc, focus: last.focus });
    store.doc = last.doc;
    store.lastTyped = null;
    changed(0);
    store.emit("doc", { focus: last.focus, say: text });
  }
  store.undo = () => step(store.past, store.future, "Undone");
  store.redo = () => step(store.future, store.past, "Done again");

  /** Puts another document in the place of this one; undo brings this one back. */
  store.replace = (document, say, { isSaved = false, isOther = false } = {}) => {
    store.past.push({ doc: store.doc, focus: null });
    store.doc = opened(document);
    store.findings = null; // of conditions that are not there any more, however alike the new ones are
    if (isSaved) store.saved = textOf(store.doc);
    store.future = [];
    changed(0);
    store.emit("doc", { say, isOther });
  };

  store.stop = () => send({ do: "stop" });
  store.countAgain = () => { store.status = { kind: "counting" }; store.since = performance.now(); flush(); send({ do: "count" }); store.emit("numbers"); };
  store.setDay = (day) => { store.asOf = day; changed(0); store.emit("typed", {}); };

  function changed(wait) {
    store.edit += 1;
    store.status = { kind: "counting" };
    store.since = performance.now();
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
    store.emit("numbers");
  }

  function flush() {
    clearTimeout(timer);
    timer = null;
    send({ do: "rule", edit: store.edit, as_of: store.asOf, document: textOf(withoutDefaults(store.doc)) });
  }

  function send(message) {
    if (store.link === "gone") return;
    clearTimeout(silence);
    silence = setTimeout(waiting, SOON, false);
    model.send(message);
  }

  /** Says what one waits for, once an answer is late. */
  function waiting(isLong) {
    if (store.link !== "there") return;
    if (!isLong) silence = setTimeout(waiting, PATIENCE - SOON, true);
    const words = kernel.isBusy() ? "The kernel is at work on a cell. What you change stays here, and is counted after it; to have it at once, interrupt the kernel."
      : isLong ? "The kernel does not answer. What you see stays here; it is counted once the kernel answers, or run the cell again." : "";
    if (!words) return;
    store.status = { kind: "silent", message: words };
    store.emit("numbers");
  }

  /** Asks the kernel; rejects with a sentence where it refuses. */
  store.ask = (message) => new Promise((resolve, reject) => {
    if (store.link === "gone") return void reject(new Error("The kernel was restarted. Run the cell again."));
    if (timer !== null) flush(); // what is asked is about what is seen
    const ask = `${mark}-${asked.size}-${Math.random().toString(36).slice(2, 8)}`;
    asked.set(ask, [resolve, reject]);
    send({ ...message, ask });
  });

  model.on("msg:custom", (message) => {
    clearTimeout(silence);
    if (message.kind === "answer") return answered(message);
    if (message.kind === "document") {
      store.edit = Math.max(store.edit, message.edit);
      Object.assign(store, { id: message.id, version: message.version, asOf: message.as_of });
      return store.replace(message.document, "Another segment was opened from Python", { isSaved: true, isOther: true });
    }
    if (message.edit !== store.edit) return; // of an edit that is over
    if (message.kind === "taken") { store.taken = message; store.emit("taken"); }
    else if (message.kind === "numbers") { store.numbers = { ...message }; store.status = { kind: "fresh" }; store.emit("numbers"); }
    else if (message.kind === "findings") { store.findings = placed(message); store.emit("findings"); }
    else if (message.kind === "details") { store.numbers = { ...store.numbers, ...message, kind: "numbers" }; store.emit("numbers"); }
    else { store.status = message; store.emit("numbers"); }
  });

  function answered(message) {
    const [resolve, reject] = asked.get(message.ask) ?? [];
    asked.delete(message.ask);
    if (!resolve) return;
    if (message.refused) reject(new Error(message.refused));
    else resolve(message);
  }
  send({ do: "opened" }); // what was told before anybody listened is told again
  return store;
}

/** The document as it is written down: what is empty is left out. */
function withoutDefaults(doc) {
  const found = {};
  for (const key of ["name", "description", "cycle", "folder", "tags", "rule"]) {
    const value = doc[key];
    if (value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && !value.length)) found[key] = value;
  }
  return found;
}
