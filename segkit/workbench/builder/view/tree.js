// The document as plain data: where conditions stand, and how they are put in, taken out and moved. Nodes carry an `_id`
// by which the view knows them again; keys with `_` never leave the browser.

const LEAVES = ["label", "event", "sequence", "segment", "sample"];
const GROUPS = { all: "All", any: "Any", none: "None", notall: "Not all" };
let lastId = 0;

const isLeaf = (node) => LEAVES.some((key) => key in node);
const clone = (data) => structuredClone(data);
const textOf = (data) => JSON.stringify(data, (key, value) => (key.startsWith("_") ? undefined : value));

/** Every condition below gets an `_id`; `anew` gives others to copies. */
function tagged(node, anew = false) {
  if (anew || !node._id) node._id = `c${++lastId}`;
  for (const child of childrenOf(node)) tagged(child, anew);
  return node;
}

function childrenOf(node) {
  return node.all ?? node.any ?? (node.not ? [node.not] : []);
}

function isMuted(node) {
  const inside = childrenOf(node);
  return Boolean(node.mute) || (inside.length > 0 && inside.every(isMuted));
}

/** A condition as it is shown: a leaf, perhaps negated, or a group of items. */
function shownAs(node) {
  if (isLeaf(node)) return { leaf: node, negated: false, inner: "" };
  if (node.all) return { group: "all", items: node.all, inner: ".all" };
  if (node.any) return { group: "any", items: node.any, inner: ".any" };
  if (isLeaf(node.not)) return { leaf: node.not, negated: true, inner: ".not" };
  if (node.not.any && !node.not.mute) return { group: "none", items: node.not.any, inner: ".not.any" };
  if (node.not.all && !node.not.mute) return { group: "notall", items: node.not.all, inner: ".not.all" };
  return { group: "not", items: [node.not], inner: ".not", isFixed: true };
}

/** Where a condition stands: its node, the list that holds it and its number there, its path, the conditions above. */
function locate(rule, id) {
  const search = (node, path, list, number, above) => {
    const found = { node, path, list, number, above };
    if (node._id === id) return found;
    const seen = shownAs(node);
    if (seen.leaf) return seen.leaf._id === id ? found : null;
    for (const [n, child] of seen.items.entries()) {
      const inside = search(child, `${path}${seen.inner}${seen.isFixed ? "" : `[${n}]`}`, seen.isFixed ? null : seen.items, n, [...above, node]);
      if (inside) return inside;
    }
    return null;
  };
  return search(rule, "rule", null, 0, []);
}

/** Every condition that is shown, with its path, from the top down. */
function* shownConditions(node, path = "rule") {
  yield [path, node];
  const seen = shownAs(node);
  for (const [n, child] of (seen.items ?? []).entries()) yield* shownConditions(child, `${path}${seen.inner}${seen.isFixed ? "" : `[${n}]`}`);
}

function groupOf(mode, items, before = {}) {
  const kept = { ...(before._id ? { _id: before._id } : {}), ...(before._closed ? { _closed: true } : {}), ...(before.mute ? { mute: true } : {}) };
  if (mode === "none") return { ...kept, not: { any: items } };
  if (mode === "notall") return { ...kept, not: { all: items } };
  return { ...kept, [mode]: items };
}

/** Replaces what a node holds, so that whoever holds the node sees it. */
function become(node, other) {
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(node, other);
}

/** The items of the outermost group, made of whatever the rule is. */
function outermost(doc) {
  const seen = shownAs(doc.rule);
  if (seen.group && !seen.isFixed) return seen.items;
  doc.rule = tagged({ all: [doc.rule] });
  return doc.rule.all;
}

function putIn(doc, groupId, node) {
  const place = groupId ? locate(doc.rule, groupId) : null;
  const seen = place ? shownAs(place.node) : null;
  const items = seen?.items && !seen.isFixed ? seen.items : outermost(doc);
  items.push(tagged(node));
}

function takeOut(doc, id) {
  const place = locate(doc.rule, id);
  if (!place) return null;
  if (place.list) return place.list.splice(place.number, 1)[0];
  const above = place.above.at(-1);
  if (above) return takeOut(doc, above._id); // a "not" without anything in it
  doc.rule = tagged({ all: [] });
  return place.node;
}

function isInside(node, id) {
  return node._id === id || childrenOf(node).some((child) => isInside(child, id));
}

/** Moves a condition before the item of that number in a group, or behind the last. False where it cannot be. */
function moveTo(doc, id, groupId, number) {
  const from = locate(doc.rule, id);
  const group = locate(doc.rule, groupId);
  if (!from?.list || !group || isInside(from.node, groupId)) return false;
  const seen = shownAs(group.node);
  if (!seen.items || seen.isFixed) return false;
  const isSame = seen.items === from.list;
  const to = isSame && from.number < number ? number - 1 : number;
  if (isSame && to === from.number) return false;
  from.list.splice(from.number, 1);
  seen.items.splice(Math.min(to, seen.items.length), 0, from.node);
  return true;
}

/** One step of a condition among its neighbours: up, down, out of its group, into the group above it. */
function moveStep(doc, id, step) {
  const place = locate(doc.rule, id);
  if (!place?.list) return false;
  const group = place.above.at(-1);
  if (step === "up") return place.number > 0 && moveTo(doc, id, group._id, place.number - 1);
  if (step === "down") return place.number < place.list.length - 1 && moveTo(doc, id, group._id, place.number + 2);
  if (step === "out") {
    const outer = locate(doc.rule, group._id);
    return Boolean(outer.list) && moveTo(doc, id, outer.above.at(-1)._id, outer.number + 1);
  }
  const before = place.list[place.number - 1];
  const inside = before && shownAs(before);
  return Boolean(inside?.items) && !inside.isFixed && moveTo(doc, id, before._id, inside.items.length);
}
