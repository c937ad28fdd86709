// How a segment developed: its size as a line over zero, and under it who entered and left as bars up and down.

function trendView(view, state, ask) {
  const segment = segmentSelect("Segment", state, ask);
  const days = { since: dayInput(ask), until: dayInput(ask) };
  let stop = () => {};
  return {
    controls: [segment.element, labelled("From", days.since), labelled("To", days.until)], sync: () => segment.paint(),
    question: () => (segment.value ? { segment: segment.value, since: days.since.value, until: days.until.value } : null),
    missing: "Add a segment to see how it developed.",
    take: (question) => { segment.value = question.segment; days.since.value = question.since; days.until.value = question.until; },
    paint: (found, question) => {
      stop();
      if (!found.points.length) return [h("p", { class: "empty" }, found.words[0]), wordsOf([], found.notes)];
      for (const [key, at] of [["since", 0], ["until", -1]]) if (!days[key].value) days[key].value = found.points.at(at).as_of;
      const made = trendOf(state, found, question);
      stop = made.stop;
      return made.elements;
    },
  };
}

/** A day that is asked for once it is whole. */
function dayInput(ask) {
  return h("input", { type: "date", onchange: ask });
}

function trendOf(state, found, question) {
  const points = found.points;
  const colour = state.colours.of(question.segment);
  const said = h("span", { class: "said" });
  const whyButton = button("Why?", () => state.go("why", { segment: question.segment, since: points[now - 1].as_of, until: points[now].as_of }), { class: "small" });
  const box = h("div", { class: "drawn", role: "slider", tabIndex: 0, "aria-label": `Users in ‘${found.name}’ by day`, "aria-valuemin": 0, "aria-valuemax": points.length - 1 });
  let now = points.length - 1;
  let mark = () => {};

  const wordsOf_ = (point) => `${dayWords(point.as_of)}: ${grouped.format(point.count)} users${point.entered === null ? "" : `, ${grouped.format(point.entered)} entered (${grouped.format(point.new)} new), ${grouped.format(point.left)} left (${grouped.format(point.gone)} gone)`}, ${point.source === "published" ? "published" : "evaluated afterwards"}${point.rule_changed ? "; the rule was changed" : ""}`;
  function go(to) {
    now = Math.max(0, Math.min(points.length - 1, to));
    put(said, wordsOf_(points[now]));
    box.setAttribute("aria-valuenow", now);
    box.setAttribute("aria-valuetext", wordsOf_(points[now]));
    whyButton.disabled = !now;
    whyButton.setAttribute("aria-label", now ? `Why did the size change to ${dayWords(points[now].as_of)}?` : "Why?");
    mark();
  }
  box.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: points.length - 1, PageUp: now + 7, PageDown: now - 7 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });

  const draw = (width) => {
    const isNarrow = width < 520;
    const [left, right, top, bottom, zero, reach, height] = [isNarrow ? 44 : 60, width - (isNarrow ? 62 : 84), 12, 190, 262, 46, 334];
    const [first, last] = [Date.parse(points[0].as_of), Date.parse(points.at(-1).as_of)];
    const across = (point) => (first === last ? right : left + ((right - left) * (Date.parse(point.as_of) - first)) / (last - first));
    const ticks = ticksTo(Math.max(...points.map((point) => point.count)));
    const up = (count) => bottom - ((bottom - top) * count) / ticks.at(-1);
    const text = (x, y, words, props = {}) => svgOf("text", { x, y, "dominant-baseline": "middle", ...props }, words);
    const parts = [];
    for (const tick of ticks) parts.push(svgOf("line", { x1: left, x2: right, y1: up(tick), y2: up(tick), class: tick ? "grid" : "axis" }), text(left - 8, up(tick), grouped.format(tick), { "text-anchor": "end", class: "quiet" }));
    const segments = [];
    for (let n = 1; n < points.length; n += 1) {
      const dashed = points[n].source === "evaluated" || points[n - 1].source === "evaluated";
      if (segments.at(-1)?.dashed === dashed) segments.at(-1).run.push(points[n]);
      else segments.push({ dashed, run: [points[n - 1], points[n]] });
    }
    for (const { run, dashed } of segments) parts.push(svgOf("path", { d: `M${run.map((point) => `${across(point).toFixed(1)},${up(point.count).toFixed(1)}`).join("L")}`, class: "line", style: `stroke:${colour}`, "stroke-dasharray": dashed ? "5 3" : null }));
    for (const point of points.filter((each) => each.rule_changed)) parts.push(svgOf("line", { x1: across(point), x2: across(point), y1: top, y2: bottom, class: "changed" }), text(across(point) - 4, top + 4, "rule changed", { "text-anchor": "end", class: "quiet" }));
    const moved = points.filter((point) => point.entered !== null);
    if (moved.length) {
      const most = Math.max(1, ...moved.flatMap((point) => [point.entered, point.left]));
      const broad = Math.max(1, Math.min(18, (0.62 * (right - left)) / points.length));
      parts.push(svgOf("line", { x1: left, x2: right, y1: zero, y2: zero, class: "axis" }), text(left - 8, zero - 14, "entered", { "text-anchor": "end", class: "quiet" }), text(left - 8, zero + 14, "left", { "text-anchor": "end", class: "quiet" }));
      for (const point of moved) {
        const [high, low] = [(reach * point.entered) / most, (reach * point.left) / most];
        parts.push(svgOf("rect", { x: across(point) - broad / 2, y: zero - high, width: broad, height: high, style: `fill:${colour}` }), svgOf("rect", { x: across(point) - broad / 2, y: zero, width: broad, height: low, class: "gone" }));
      }
      const total = (key) => grouped.format(moved.reduce((sum, point) => sum + point[key], 0));
      parts.push(text(right + 8, zero - 14, `+${total("entered")}`, { class: "" }), text(right + 8, zero + 14, `−${total("left")}`, { class: "" }));
    }
    const count = Math.max(2, Math.min(points.length, Math.floor((right - left) / 110)));
    const dates = new Set(Array.from({ length: count }, (_, n) => Math.round((n * (points.length - 1)) / (count - 1))));
    for (const n of dates) parts.push(text(across(points[n]), height - 8, dayWords(points[n].as_of), { "text-anchor": n === 0 && points.length > 1 ? "start" : n === points.length - 1 ? "end" : "middle", class: "quiet" }));
    const cursor = svgOf("line", { y1: top, y2: zero + reach, class: "cursor" });
    const dot = svgOf("circle", { r: 4.5, style: `fill:${colour}` });
    parts.push(cursor, dot, text(right + 10, up(points.at(-1).count), grouped.format(points.at(-1).count), { class: "strong" }));
    const svg = svgOf("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: "marks" }, parts);
    mark = () => {
      const x = across(points[now]);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", up(points[now].count));
    };
    const nearest = (event) => {
      const at = event.clientX - svg.getBoundingClientRect().left;
      go(points.reduce((best, point, n) => (Math.abs(across(point) - at) < Math.abs(across(points[best]) - at) ? n : best), 0));
    };
    // A pointer at rest is told to have moved when the page moves under it.
    svg.addEventListener("pointermove", (event) => { if (event.movementX || event.movementY) nearest(event); });
    svg.addEventListener("pointerdown", nearest);
    mark();
    return svg;
  };
  go(now);
  const stop = drawnTo(box, draw);
  const rows = points.map((point) => [dayWords(point.as_of), point.count, point.entered, point.new, point.left, point.gone, point.base, point.rule_changed ? `${point.source}, rule changed` : point.source]);
  const sources = new Set(points.map((point) => point.source));
  const key = sources.size > 1 ? "Solid where published, dashed where evaluated afterwards." : sources.has("evaluated") ? "None was published; all evaluated afterwards." : "";
  return { stop, elements: [
    h("div", { class: "under" }, said, whyButton), box, key ? h("p", { class: "note" }, key) : null, wordsOf(found.words, found.notes),
    tableBehind("Every day", ["As of", "Users", "Entered", "New users", "Left", "Gone", "Users in all", "From"], rows),
  ] };
}
