// Why a size changed: a waterfall from the first count to the second, whose causes add up exactly; each opens.

/** Below this share of the larger count, what moves would be too short beside bars from zero. */
const VISIBLE = 0.25;

function whyView(view, state, ask) {
  const segment = segmentSelect("Segment", state, () => { days.since.value = days.until.value = ""; ask(); });
  const days = { since: dayInput(ask), until: dayInput(ask) };
  return {
    controls: [segment.element, labelled("From", days.since), labelled("To", days.until)], sync: () => segment.paint(),
    question: () => (segment.value ? { segment: segment.value, since: days.since.value, until: days.until.value } : null),
    missing: "Add a segment to see why its size changed.",
    take: (question) => { segment.value = question.segment; days.since.value = question.since; days.until.value = question.until; },
    paint: (found, question) => {
      days.since.value ||= found.from; // what was chosen elsewhere meanwhile stays: it is asked next
      days.until.value ||= found.to;
      return whyOf(state, found, question);
    },
  };
}

function whyOf(state, found, question) {
  const colour = state.colours.of(question.segment);
  const ways = [found.before];
  let at = found.before;
  for (const part of found.parts) { ways.push(at + part.entered, at + part.change); at += part.change; }
  const [least, most] = [Math.min(...ways), Math.max(1, ...ways)];
  const hides = most - least < VISIBLE * most && most > least;
  const fromZero = h("input", { type: "checkbox", checked: !hides });
  const box = h("div", { class: "tablebox", tabIndex: 0, role: "region", "aria-label": `Why ‘${found.name}’ changed` });
  const opened = new Set();

  function paint() {
    const low = fromZero.checked ? 0 : Math.max(0, least - Math.max(1, Math.round((most - least) / 8)));
    const place = (count) => ((count - low) / (most - low)) * 100;
    const bar = (start, end, kind) => h("span", { class: `fall ${kind}`, style: `left:${Math.min(place(start), place(end)).toFixed(3)}%;width:max(1px,${Math.abs(place(end) - place(start)).toFixed(3)}%);${kind === "came" ? `background:${colour}` : ""}` });
    const edge = (day, count) => h("tr", { class: "edge" }, h("th", { scope: "row" }, dayWords(day)),
      h("td", { class: "bar" }, h("div", { class: "falls marks", "aria-hidden": "true" }, low ? h("span", { class: "fall mark", style: `left:${place(count)}%` }) : bar(0, count, "whole"))),
      h("td", {}), h("td", {}), h("td", { class: "number" }, grouped.format(count)));
    const rows = [];
    let begin = found.before;
    for (const [number, part] of found.parts.entries()) {
      const middle = begin + part.entered;
      rows.push(...partRows(part, `${number}`, 0, h("div", { class: `falls marks ${part.entered && part.left ? "two" : ""}`, "aria-hidden": "true" }, part.entered ? bar(begin, middle, "came") : null, part.left ? bar(middle, begin + part.change, "went") : null)));
      begin += part.change;
    }
    const heads = [["Cause", ""], [low ? `Users, the scale begins at ${grouped.format(low)}` : "Users", "bar"], ["Entered", "number"], ["Left", "number"], ["Change", "number"]];
    box.replaceChildren(h("table", { class: "waterfall", "aria-label": `Why ‘${found.name}’ changed` },
      h("thead", {}, h("tr", {}, heads.map(([text, kind]) => h("th", { scope: "col", class: kind }, text)))),
      h("tbody", {}, edge(found.from, found.before), rows, edge(found.to, found.after))));
  }
  function partRows(part, key, depth, bars) {
    const more = [...part.lines, ...exampleWords(part.examples, [["entered", "Entered"], ["left", "Left"]])];
    const canOpen = part.inside.length || more.length;
    const isOpen = opened.has(key);
    const title = canOpen ? h("button", { type: "button", class: "opens", "data-part": key, "aria-expanded": String(isOpen), onclick: () => {
      if (isOpen) opened.delete(key); else opened.add(key);
      paint();
      box.querySelector(`[data-part="${key}"]`)?.focus();
    } }, icon(isOpen ? "down" : "right"), part.title) : h("span", { class: "title" }, part.title);
    const row = h("tr", { class: depth ? "inside" : "" }, h("th", { scope: "row", style: `padding-left:${16 + 20 * depth}px` }, title, depth ? null : h("div", { class: "note" }, part.means)),
      h("td", { class: "bar" }, bars ?? ""), h("td", { class: "number" }, part.entered ? `+${grouped.format(part.entered)}` : "–"), h("td", { class: "number" }, part.left ? `−${grouped.format(part.left)}` : "–"), h("td", { class: "number strong" }, signedWords(part.change)));
    if (!isOpen) return [row];
    const told = more.length ? [h("tr", { class: "more" }, h("td", { colSpan: 5, style: `padding-left:${36 + 20 * depth}px` }, more.map((line) => h("div", {}, line))))] : [];
    return [row, ...told, ...part.inside.flatMap((each, number) => partRows(each, `${key}.${number}`, depth + 1, null))];
  }
  fromZero.addEventListener("change", paint);
  paint();
  const flat = (part, depth = 0) => [[`${"· ".repeat(depth)}${part.title}`, part.entered, part.left, signedWords(part.change)], ...part.inside.flatMap((each) => flat(each, depth + 1))];
  const head = found.entered || found.left ? `${grouped.format(found.entered)} entered and ${grouped.format(found.left)} left.` : "Nobody entered and nobody left.";
  return [
    h("div", { class: "lead" }, h("div", { class: "hero" }, signedWords(found.change)), h("div", { class: "note" }, `from ${grouped.format(found.before)} users as of ${dayWords(found.from)} to ${grouped.format(found.after)} as of ${dayWords(found.to)}. ${head}`)),
    hides ? h("label", { class: "check" }, fromZero, "Bars from zero") : null, box,
    found.parts.length ? h("p", { class: "note" }, `Each user who entered or left is counted under exactly one cause: ${grouped.format(found.before)} ${signedWords(found.change).replace(/^([+−±])/, "$1 ")} = ${grouped.format(found.after)}.`) : null,
    wordsOf([], found.notes), found.hides_examples ? h("p", { class: "note" }, "Example users are for those who may see who the users are, and never of a list.") : null,
    tableBehind("Every cause", ["Cause", "Entered", "Left", "Change"], found.parts.flatMap((part) => flat(part))),
  ];
}

/** `Entered, for example: u1, u2`; personal data in them is masked. */
function exampleWords(examples, sides) {
  return sides.filter(([key]) => examples[key]?.length).map(([key, word]) => `${word}, for example: ${examples[key].join(", ")}`);
}
