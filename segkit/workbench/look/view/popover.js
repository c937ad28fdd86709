// What opens above the page beside a control: menus and pickers. It lies in the top layer, so that no cell cuts it off.

let openNow = null;

/** Opens `content` at `anchor`; the focus goes back there when it closes. Returns what closes it. */
function openPopover(root, anchor, content, { label, role = "dialog", width = 320, onclose = () => {}, keepsFocus = true } = {}) {
  openNow?.();
  const box = h("div", { class: "popover", role, "aria-label": label, popover: "manual", style: `width:${width}px` }, content);
  root.append(box);
  if (box.showPopover) box.showPopover();
  const place = () => {
    const at = anchor.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const below = window.innerHeight - at.bottom;
    const top = below < size.height + 8 && at.top > below ? Math.max(4, at.top - size.height - 4) : at.bottom + 4;
    box.style.top = `${top}px`;
    box.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - size.width - 8))}px`;
    box.style.maxHeight = `${Math.max(160, top > at.top ? window.innerHeight - top - 8 : at.top - 8)}px`;
  };
  const close = (back = true) => {
    if (openNow !== close) return;
    openNow = null;
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", place);
    document.removeEventListener("scroll", place, true);
    const held = box.contains(document.activeElement);
    box.remove();
    if (held && !back) root.focus({ preventScroll: true }); // keys must not go to the notebook
    anchor.setAttribute?.("aria-expanded", "false");
    onclose();
    if (back && keepsFocus && anchor.isConnected) anchor.focus({ preventScroll: true });
  };
  const outside = (event) => { if (!box.contains(event.target) && !anchor.contains(event.target)) close(false); };
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget) && !anchor.contains(event.relatedTarget)) close(false);
  });
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", place);
  document.addEventListener("scroll", place, true);
  anchor.setAttribute?.("aria-expanded", "true");
  place();
  close.place = place;
  close.box = box;
  openNow = close;
  return close;
}

/** A menu of actions: arrows move, a letter goes to what begins with it. */
function openMenu(root, anchor, label, actions) {
  const items = actions.filter(Boolean).map(([text, run, hint, disabled]) => h("button", {
    type: "button", role: "menuitem", tabIndex: -1, disabled, onclick: () => { close(); run(); },
  }, h("span", {}, text), hint ? h("kbd", {}, hint) : null));
  const list = h("div", { class: "menu" }, items);
  const close = openPopover(root, anchor, list, { label, role: "menu", width: 230 });
  const enabled = items.filter((item) => !item.disabled);
  list.addEventListener("keydown", (event) => {
    const now = enabled.indexOf(document.activeElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: enabled.length - 1 }[event.key]
      ?? (event.key.length === 1 ? enabled.findIndex((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase())) : -2);
    if (event.key === "Tab") { event.preventDefault(); close(); }
    if (to === -2 || (to === -1 && event.key.length === 1)) return;
    event.preventDefault();
    enabled.at(to % enabled.length)?.focus();
  });
  enabled[0]?.focus({ preventScroll: true });
  return close;
}
