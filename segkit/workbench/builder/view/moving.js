// Moving by dragging: conditions between rows and groups, steps within a sequence. The keyboard's way is in `view`.

const FAR_ENOUGH = 4; // pixels, below which it is a click
const EDGE = 36; // pixels from an edge, within which it scrolls
const SPEED = 9; // pixels a frame

/** Follows a pointer from a grip; `over` says where it is, `drop` that it was let go. Escape gives it up. */
function follow(grip, { begin, over, drop, end }) {
  grip.addEventListener("pointerdown", (down) => {
    if (down.button !== 0) return;
    let isMoving = false;
    let scrolls = null;
    const move = (event) => {
      if (!isMoving && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < FAR_ENOUGH) return;
      if (!isMoving) { isMoving = true; begin(); scrolls = scrolling(grip, over); }
      event.preventDefault();
      scrolls.at(event.clientX, event.clientY);
      over(event.clientX, event.clientY);
    };
    const escape = (event) => {
      if (event.key !== "Escape" || !isMoving) return;
      event.preventDefault();
      event.stopPropagation();
      stop(event);
    };
    const stop = (event) => {
      scrolls?.end();
      document.removeEventListener("keydown", escape, true);
      grip.removeEventListener("pointermove", move);
      grip.removeEventListener("pointerup", stop);
      grip.removeEventListener("pointercancel", stop);
      if (!isMoving) return;
      end();
      if (event.type === "pointerup") drop();
    };
    document.addEventListener("keydown", escape, true);
    grip.setPointerCapture(down.pointerId);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", stop);
    grip.addEventListener("pointercancel", stop);
  });
}

/** While a pointer is held near an edge of what scrolls, it scrolls on. */
function scrolling(grip, over) {
  const boxes = [];
  for (let each = grip.parentElement; each; each = each.parentElement) if (/auto|scroll/.test(getComputedStyle(each).overflowY)) boxes.push(each);
  let point = null;
  let frame = requestAnimationFrame(function step() {
    frame = requestAnimationFrame(step);
    if (!point) return;
    const [x, y] = point;
    for (const box of boxes) {
      const { top, bottom } = box.getBoundingClientRect();
      const by = y < Math.max(top, 0) + EDGE ? -SPEED : y > Math.min(bottom, window.innerHeight) - EDGE ? SPEED : 0;
      const before = box.scrollTop;
      if (by) box.scrollTop += by;
      if (box.scrollTop !== before) return over(x, y);
    }
  });
  return { at: (x, y) => { point = [x, y]; }, end: () => cancelAnimationFrame(frame) };
}

function dragCondition(view, grip, item) {
  const line = h("div", { class: "dropline", "aria-hidden": "true" });
  let target = null;
  follow(grip, {
    begin: () => { target = null; own()?.classList.add("dragged"); },
    over: (x, y) => {
      target = placeAt(view, x, y, own());
      if (target) target.items.insertBefore(line, target.before);
      else line.remove();
    },
    end: () => { line.remove(); own()?.classList.remove("dragged"); },
    drop: () => target && view.change((doc) => moveTo(doc, item._id, target.group, target.number), { focus: `${item._id}|grip`, say: "Moved" }),
  });
  const own = () => view.root.querySelector(`[data-id="${item._id}"]`);
}

/** Before which condition of which group a point lies; nowhere inside of what is dragged. */
function placeAt(view, x, y, dragged) {
  const group = view.root.ownerDocument.elementsFromPoint(x, y).map((element) => element.closest?.("[data-group]")).find((each) => each && view.root.contains(each));
  if (!group || dragged?.contains(group)) return null;
  if (group.classList.contains("not")) return null;
  const items = group.querySelector(":scope > .items");
  if (!items) return { group: group.dataset.group, items: group, number: Infinity, before: null }; // closed: behind all in it
  const rows = [...items.children].filter((child) => child.dataset.id);
  const number = rows.findIndex((row) => { const box = row.getBoundingClientRect(); return y < box.top + box.height / 2; });
  return { group: group.dataset.group, items, number: number < 0 ? rows.length : number, before: number < 0 ? null : rows[number] };
}

function dragStep(grip, row, number, swap) {
  let to = number;
  follow(grip, {
    begin: () => row.classList.add("dragged"),
    over: (x, y) => {
      const rows = [...row.parentElement.children];
      const found = rows.findIndex((each) => { const box = each.getBoundingClientRect(); return y < box.bottom; });
      to = found < 0 ? rows.length - 1 : found;
      for (const [n, each] of rows.entries()) each.classList.toggle("target", n === to && n !== number);
    },
    end: () => { for (const each of row.parentElement.children) each.classList.remove("dragged", "target"); },
    drop: () => { if (to !== number) swap(number, to); },
  });
}
