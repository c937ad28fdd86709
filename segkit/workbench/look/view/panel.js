// What every panel's view does: asks its model, says what happened, and shows what was refused.

/** The root of a panel and how it talks. `name` is its class, `label` what it is called aloud. */
function panelOf(model, el, name, label) {
  const root = h("section", { class: `segkit segkit-panel segkit-${name}`, "aria-label": label, "data-lm-suppress-shortcuts": "true", tabIndex: -1 });
  const live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  const message = h("div", { class: "message", hidden: true, tabIndex: -1 });
  const view = { root, message, opening: model.get("opening") ?? {} };
  const waiting = new Map();
  const hearing = [];
  let saying = null;
  let busy = 0;

  /** Says a text aloud, and to nobody's eyes. */
  view.say = (text) => { clearTimeout(saying); if (text) saying = setTimeout(() => put(live, text), 50); };

  /** Shows a message above the panel until the next one: `kind` is "", "good" or "bad". */
  view.show = (text, kind = "", ...more) => {
    message.hidden = !text;
    message.className = `message ${kind}`;
    message.replaceChildren(text ?? "", ...more.filter(Boolean));
    if (text) view.say(text);
  };

  /** Asks the model; what is refused is shown, and comes as `null`, unless `quiet`, when it comes as it is. */
  view.ask = (what, data = {}, { buffers = [], quiet = false, ask = view.number() } = {}) => new Promise((resolve) => {
    busy += 1;
    root.setAttribute("aria-busy", "true");
    waiting.set(ask, (answer, bytes) => {
      busy -= 1;
      if (!busy) root.removeAttribute("aria-busy");
      answer.bytes = bytes;
      if (quiet || !answer.refused) return resolve(answer);
      view.show(answer.refused, answer.stopped ? "" : "bad");
      return resolve(null);
    });
    model.send({ ...data, do: what, ask }, undefined, buffers);
  });
  /** The number of what is asked next, for who wants to give up just that. */
  view.number = () => `${model.model_id ?? ""}:${++lastAsk}`;
  view.cancel = (ask = undefined) => model.send({ do: "cancel", ask });

  /** Hears what the model tells without being asked, by its kind. */
  view.hear = (kind, fn) => hearing.push([kind, fn]);

  const heard = (told, bytes) => {
    const answered = waiting.get(told.ask);
    if (told.kind === "answer" && answered) {
      waiting.delete(told.ask);
      answered(told, bytes ?? []);
      return;
    }
    for (const [kind, fn] of hearing) if (kind === told.kind) fn(told, bytes ?? []);
  };
  model.on("msg:custom", heard);
  root.append(live, message);
  el.append(root);
  view.end = () => { openNow?.(false); model.off("msg:custom", heard); };
  return view;
}

let lastAsk = 0;

/** A line of controls: each a label above a control. */
function labelled(label, control, note = null) {
  return h("label", { class: "field" }, h("span", { class: "label" }, label, note), control);
}

/** A button with a text. */
function button(text, onclick, props = {}) {
  return h("button", { type: "button", onclick, ...props }, text);
}

/** A date or a time as people of the page's language read it. */
const dayForm = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
function dayWords(iso) {
  return iso ? dayForm.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)) : "–";
}

function countWords(count) {
  return count === null || count === undefined ? "–" : grouped.format(count);
}

/** A picture that the model drew as SVG, in the page itself, so that it takes the colours of the theme. */
function drawing(svg) {
  const drawn = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return h("div", { class: "drawing" }, document.importNode(drawn, true));
}

/** A picture that the model drew as SVG, with the words that stand for it. */
function picture(svg, words) {
  const src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  return h("img", { class: "picture", src, alt: words });
}
