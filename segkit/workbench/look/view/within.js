// Another panel shown within a panel: its view talks through the outer one's messages.

/** Shows in `host` what the model says is within; `onchange(name)` hears of what is shown, and of nothing. */
function withinOf(view, model, host, onchange = () => {}) {
  let now = 0;
  let end = null;
  let inner = null;
  let early = []; // what it told before its view was there

  async function show(told) {
    if (told.number === now) return;
    now = told.number;
    end?.();
    [end, inner] = [null, null];
    early = early.filter(([number]) => number === now);
    host.replaceChildren();
    onchange(told.name ?? "");
    if (!told.number) return;
    const made = innerModel(model, told);
    const address = URL.createObjectURL(new Blob([told.script], { type: "text/javascript" }));
    const script = await import(address);
    URL.revokeObjectURL(address);
    if (now !== told.number) return;
    const place = h("div", { class: "segkit-within", "data-within": told.name });
    host.replaceChildren(h("style", {}, told.style), place);
    end = (await script.default.render({ model: made, el: place })) ?? null;
    inner = made;
    for (const [number, message, bytes] of early) if (number === now) inner.hear(message, bytes);
    early = [];
    place.querySelector("input, button, select")?.focus({ preventScroll: true });
    place.scrollIntoView({ block: "nearest" });
  }

  view.hear("within", show);
  view.hear("told within", (told, bytes) => {
    if (told.number === now && inner) inner.hear(told.message, bytes);
    else early.push([told.number, told.message, bytes]);
  });
  return { show, end: () => end?.() };
}

/** What the view of an inner panel takes for its model. */
function innerModel(model, { number, opening }) {
  const listeners = new Set();
  return {
    model_id: `${model.model_id ?? ""}/${number}`,
    get: (key) => (key === "opening" ? opening : undefined),
    set: () => {},
    save_changes: () => {},
    on: (name, fn) => { if (name === "msg:custom") listeners.add(fn); },
    off: (name, fn) => { if (fn) listeners.delete(fn); else listeners.clear(); },
    send: (message, _callbacks, buffers = []) => model.send({ do: "within", number, message }, undefined, buffers),
    hear: (message, bytes) => { for (const fn of [...listeners]) fn(message, bytes); },
  };
}
