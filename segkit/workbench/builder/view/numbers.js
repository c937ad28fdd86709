// Live numbers: the count, the reach, each condition's own count.

const CHANNEL_ICONS = { email: "mail", mobile: "phone", push: "push" };

function numbersPanel(view) {
  const total = h("div", { class: "total" }, "–");
  const bar = h("i", {});
  const of = h("div", { class: "sharewords" });
  const reach = h("div", { class: "reach" });
  const time = h("div", { class: "time", "data-time": "" });
  const again = h("button", { type: "button", class: "plain again", hidden: true, "data-keep": "again" });
  const message = h("div", { class: "message", hidden: true });
  const progress = h("div", { class: "running", "aria-hidden": "true" });
  const panel = h("section", { class: "numbers", "aria-label": "Live numbers" },
    h("div", { class: "hero" }, total, progress, h("div", { class: "bar big", "aria-hidden": "true" }, bar), of),
    h("h3", { class: "reachhead" }, "Reach"), reach, h("div", { class: "timeline" }, time, again), message);
  again.addEventListener("click", () => (again.dataset.what === "stop" ? view.store.stop() : view.store.countAgain()));
  let later = null;

  /** Stops what takes long; counts again what was stopped or failed. */
  function paintAgain(status) {
    clearTimeout(later);
    const isCounting = ["counting", "progress"].includes(status.kind);
    const left = isCounting ? 700 - (performance.now() - view.store.since) : 0;
    if (left > 0) later = setTimeout(() => paintAgain(view.store.status), left + 20);
    const what = view.store.link === "gone" ? "" : isCounting ? (left > 0 ? "" : "stop") : ["stopped", "failed"].includes(status.kind) ? "count" : "";
    again.dataset.what = what;
    if (!what && document.activeElement === again) view.root.focus({ preventScroll: true });
    again.hidden = !what;
    put(again, what === "stop" ? "Stop" : "Count again");
  }

  function paint() {
    const { numbers, status } = view.store;
    const isFresh = status.kind === "fresh" && numbers.edit === view.store.edit;
    panel.classList.toggle("stale", !isFresh);
    panel.setAttribute("data-state", isFresh ? "fresh" : view.store.link === "there" ? status.kind : view.store.link);
    if (numbers.kind === "numbers") {
      put(total, grouped.format(numbers.count));
      put(of, `${share(numbers.count, numbers.base)} of ${grouped.format(numbers.base)} users`);
      bar.style.width = numbers.base ? `${(100 * numbers.count) / numbers.base}%` : "0";
      reach.replaceChildren(...reachLines(view, numbers));
      put(time, isFresh ? `Counted in ${grouped.format(numbers.ms)} ms` : status.kind === "progress" ? `Counting, ${status.done} of ${status.all} conditions` : status.kind === "counting" && view.store.link === "there" ? "Counting…" : "From before your last change");
    }
    const words = ["failed", "refused", "silent"].includes(status.kind) ? status.message : status.kind === "stopped" ? "Counting was stopped." : "";
    message.hidden = !words;
    put(message, words);
    paintAgain(status);
    paintConditions(view, isFresh);
  }
  return { panel, paint };
}

function reachLines(view, numbers) {
  const lines = Object.entries(numbers.reach).map(([channel, count]) => h("div", { class: "line" },
    icon(CHANNEL_ICONS[channel] ?? "mail"), h("span", {}, view.store.words.reach[channel] ?? channel), h("b", {}, grouped.format(count)),
    h("span", { class: "bar", "aria-hidden": "true" }, h("i", { style: `width:${numbers.count ? (100 * count) / numbers.count : 0}%` }))));
  return lines.length ? lines : [h("p", { class: "note" }, "segkit.toml says nothing of how users are reached.")];
}

/** Each condition's count and bar, and the total without it. Nothing is drawn again, so nothing jumps. */
function paintConditions(view, isFresh) {
  const { numbers, words } = view.store;
  for (const cell of view.root.querySelectorAll("[data-count]")) {
    const path = cell.dataset.count;
    const owner = cell.closest("[data-id]");
    const count = numbers.conditions?.[path];
    const muted = owner.classList.contains("muted");
    const isOpen = owner.classList.contains("incomplete");
    cell.classList.toggle("stale", !isFresh);
    put(cell.querySelector(".of"), muted ? "muted" : isOpen ? "not counted" : count === undefined ? (cell.dataset.last ?? "–") : grouped.format(count));
    if (count !== undefined) cell.dataset.last = grouped.format(count);
    cell.querySelector(".bar i").style.width = muted || isOpen || count === undefined || !numbers.base ? "0" : `${(100 * count) / numbers.base}%`;
    const without = path === "rule" || muted ? undefined : numbers.without?.[path];
    put(cell.querySelector(".without"), without === undefined ? "" : `without: ${grouped.format(without)}`);
    const text = numbers.texts?.[path];
    if (text && isFresh && path !== "rule") owner.setAttribute("aria-label", `${owner.classList.contains("group") ? "Group" : "Condition"} ${owner.dataset.number}: ${text}`);
  }
}

/** Marks conditions with what is wrong with them; those that only lack a value are no mistakes yet. */
function paintProblems(view) {
  const problems = view.store.status.kind === "refused" ? view.store.status.problems ?? [] : view.store.taken?.problems ?? [];
  for (const owner of view.root.querySelectorAll("[data-id]")) {
    const isRow = owner.classList.contains("row");
    const mine = problems.filter(({ place }) => isRow && isWithin(place, owner.dataset.path));
    owner.classList.toggle("incomplete", mine.some(({ place }) => !place.includes(".where")));
    const line = isRow ? owner.querySelector(".problem") : null;
    if (!line) continue;
    const told = mine.filter(({ message }) => !/^found (no value|\[\])/.test(message)).map(({ message }) => `${message[0].toUpperCase()}${message.slice(1)}`);
    line.hidden = !told.length;
    put(line, told.join(" "));
  }
}

const isWithin = (place, path) => place.startsWith(path) && !/\w/.test(place[path.length] ?? "");
