// Shows the panels of a page: their views come from the kernel, and speak with it through one connection.
// It speaks the messages of Jupyter's kernels, and of them only those of panels.

const base = new URL(".", location.href);
const kernel = JSON.parse(document.getElementById("kernel").textContent).id;
const host = document.getElementById("panels");
const panels = new Map();
const session = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
let socket = null;
let isLeft = false;

/** A text above the panels, with a button where there is something to do. */
function tell(text, id = "") {
  if (id && document.getElementById(id)) return;
  const told = document.createElement("div");
  told.className = "told";
  told.setAttribute("role", "alert");
  told.id = id;
  told.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (id === "lost") {
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Load the page again" });
    again.onclick = () => location.reload();
    told.append(again);
    document.getElementById("top").after(told);
  } else host.append(told);
}

function lost(text = "This page lost its connection; what it shows is not kept up to date any more.") {
  if (!isLeft) tell(text, "lost");
}

/** A message with its buffers, as Jupyter writes both into one. */
function packed(message, buffers) {
  const text = new TextEncoder().encode(JSON.stringify(message));
  const parts = [text, ...buffers.map((each) => new Uint8Array(each.buffer ?? each, each.byteOffset ?? 0, each.byteLength))];
  const head = 4 * (parts.length + 1);
  const all = new Uint8Array(head + parts.reduce((sum, each) => sum + each.byteLength, 0));
  const numbers = new DataView(all.buffer);
  numbers.setUint32(0, parts.length);
  let at = head;
  parts.forEach((each, n) => {
    numbers.setUint32(4 * (n + 1), at);
    all.set(each, at);
    at += each.byteLength;
  });
  return all.buffer;
}

function unpacked(data) {
  if (typeof data === "string") return [JSON.parse(data), []];
  const numbers = new DataView(data);
  const starts = Array.from({ length: numbers.getUint32(0) }, (_, n) => numbers.getUint32(4 * (n + 1)));
  const parts = starts.map((start, n) => new DataView(data, start, (starts[n + 1] ?? data.byteLength) - start));
  return [JSON.parse(new TextDecoder().decode(parts[0])), parts.slice(1)];
}

function send(comm, data, buffers = []) {
  if (socket?.readyState !== WebSocket.OPEN) return lost();
  const header = { msg_id: String(Math.random()).slice(2), msg_type: "comm_msg", session, username: "", version: "5.4", date: new Date().toISOString() };
  const message = { channel: "shell", header, parent_header: {}, metadata: {}, content: { comm_id: comm, data } };
  socket.send(buffers.length ? packed(message, buffers) : JSON.stringify({ ...message, buffers: [] }));
}

/** What a panel's view takes for its model: the state it began with, and messages. */
class Model {
  constructor(id, el) {
    this.model_id = id;
    this.el = el;
    this.state = null;
    this.listeners = new Set();
    this.early = [];
  }

  get(key) { return this.state?.[key]; }
  set() {}
  save_changes() {}
  on(name, fn) { if (name === "msg:custom") this.listeners.add(fn); }
  off(name, fn) { if (!name || name === "msg:custom") fn ? this.listeners.delete(fn) : this.listeners.clear(); }
  send(content, _callbacks, buffers = []) { send(this.model_id, { method: "custom", content }, buffers ?? []); }

  async take(state) {
    if (state.opening?.lost) return lost("The numbers behind this page are gone for a moment; load it again.");
    if (this.state) return;
    this.state = state;
    const address = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
    const script = await import(address);
    URL.revokeObjectURL(address);
    this.el.append(Object.assign(document.createElement("style"), { textContent: state._css }));
    document.getElementById("loading")?.remove();
    await script.default.render({ model: this, el: this.el });
    const early = this.early;
    this.early = null;
    for (const [content, buffers] of early) this.hear(content, buffers);
  }

  hear(content, buffers) {
    if (content?.kind === "lost") return lost("The numbers behind this page are gone for a moment; load it again.");
    if (this.early) return this.early.push([content, buffers]);
    for (const fn of [...this.listeners]) fn(content, buffers);
  }
}

function heard(event) {
  const [message, buffers] = unpacked(event.data);
  if (message.header.msg_type === "status") return lost();
  const model = panels.get(message.content.comm_id);
  const data = message.content.data ?? {};
  if (data.method === "update") model?.take(data.state);
  else if (data.method === "custom") model?.hear(data.content, buffers);
}

/** Each output of the page's cell: a panel, or words that say why there is none. */
function shown(output) {
  const data = output.data ?? {};
  const view = data["application/vnd.jupyter.widget-view+json"];
  if (view) {
    const el = document.createElement("div");
    if (panels.size) host.append(el); else document.getElementById("top").append(el);
    panels.set(view.model_id, new Model(view.model_id, el));
  } else {
    document.getElementById("loading")?.remove();
    tell(data["text/plain"] ?? "This page could not be made; the server's log says why.");
  }
}

function connect() {
  const address = new URL(`api/kernels/${kernel}/channels?session_id=${session}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onmessage = heard;
  socket.onclose = () => lost();
  return new Promise((resolve) => { socket.onopen = resolve; });
}

const whole = new Promise((resolve) => {
  if (document.readyState !== "loading") resolve();
  else document.addEventListener("DOMContentLoaded", resolve);
});
addEventListener("pagehide", () => {
  isLeft = true;
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "";
  navigator.sendBeacon(new URL(`closed/${kernel}`, base), new URLSearchParams({ _xsrf: xsrf }));
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
const connected = connect();
await whole;
for (const each of document.querySelectorAll("script.output")) shown(JSON.parse(each.textContent));
await connected;
for (const id of panels.keys()) send(id, { method: "request_state" });
const title = document.title;
const names = { overview: "Overview", segment: "Segment", try: "Try a rule", profiles: "Profiles", runs: "Runs" };
document.title = `${names[location.pathname.split("/").pop()] ?? ""} · ${title}`;
