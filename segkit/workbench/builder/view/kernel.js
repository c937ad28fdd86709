// Whether there is a kernel that answers: a lost connection, a restart, a long cell; and what stood in a builder before.

const LEFT = Symbol.for("segkit.builders.left");
const GONE = ["restarting", "autorestarting", "terminating", "dead"];

/** Tells `gone` once, and `cut` or `back` as the connection comes and goes; gives what says whether a cell runs. */
function watchKernel(model, tell) {
  const kernel = model.widget_manager?.kernel ?? null;
  let isGone = false;
  const gone = () => { if (!isGone) { isGone = true; tell("gone"); } };
  model.on("comm_live_update", gone); // nothing but a restart or a closed widget ends it
  kernel?.statusChanged?.connect((_kernel, status) => { if (GONE.includes(status)) gone(); });
  kernel?.disposed?.connect(gone);
  kernel?.connectionStatusChanged?.connect((_kernel, status) => { if (!isGone) tell(status === "connected" ? "back" : "cut"); });
  return { isBusy: () => kernel?.status === "busy" };
}

/** What stood in builders whose kernel is gone, for those that are opened after them in this page. */
function leftBehind() {
  globalThis[LEFT] ??= [];
  return globalThis[LEFT];
}

function leaveBehind(store) {
  leftBehind().push(store); // not what stands there now: it may be changed further
}

/** What stood in a builder of the same segment, if it is not what stands here. It is asked for once. */
function takeLeft(store) {
  const all = leftBehind();
  const number = all.findLastIndex((each) => each.app === store.app && each.id === store.id);
  if (number < 0) return null;
  const [left] = all.splice(number, 1);
  const document = withoutDefaults(JSON.parse(textOf(left.doc)));
  return JSON.stringify(document) === textOf(withoutDefaults(store.doc)) ? null : document;
}

/** What is said above the rule while the kernel is away, and once there is another. */
function kernelPanel(view) {
  const { store } = view;
  const text = h("span", {});
  const copy = h("button", { type: "button", onclick: () => copyText(view, copy, JSON.stringify(withoutDefaults(JSON.parse(textOf(store.doc))), null, 2)) }, "Copy the document");
  const bring = h("button", { type: "button", class: "primary", onclick: () => {
    const document = store.left;
    store.left = null;
    store.replace(document, "Brought back");
    view.root.focus({ preventScroll: true });
  } }, "Bring it back");
  const leave = h("button", { type: "button", onclick: () => { store.left = null; paint(); view.root.focus({ preventScroll: true }); } }, "Leave it");
  const panel = h("div", { class: "kernel", role: "alert", hidden: true }, icon("note"), text, h("div", { class: "choices" }, copy, bring, leave));

  function paint() {
    const isLeft = Boolean(store.left) && store.link === "there";
    const words = {
      gone: "The kernel was restarted, and does not know this builder any more. Run the cell again to go on; what stands here can be brought back there, or copied.",
      cut: "The connection to Jupyter is lost. What you change stays here, and is counted once the connection is back.",
    }[store.link] ?? (isLeft ? "Before the kernel was restarted, something else stood in this builder." : "");
    if (text.textContent !== words) text.textContent = words;
    panel.hidden = !words;
    copy.hidden = store.link === "there";
    bring.hidden = leave.hidden = !isLeft;
  }
  return { panel, paint };
}

/** Copies a text; where the browser does not let it, shows it to be copied by hand. */
async function copyText(view, anchor, text) {
  try {
    await navigator.clipboard.writeText(text);
    view.say("Copied");
  } catch {
    const shown = h("textarea", { rows: 12, class: "code", "aria-label": "Text to copy", readOnly: true });
    shown.value = text;
    openPopover(view.root, anchor, h("div", { class: "pastebox" }, h("h3", {}, "Copy this with Ctrl+C"), shown), { label: "Text to copy", width: 460 });
    shown.focus();
    shown.select();
  }
}
