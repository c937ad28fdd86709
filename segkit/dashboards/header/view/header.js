// What stands above every page. It looks from time to time whether there is newer data.

const OFTEN = 60_000;

function render({ model, el }) {
  const view = panelOf(model, el, "header", "This page");
  const { root, opening } = view;
  const link = (name, app = opening.app) => `${name}?${new URLSearchParams({ app })}`;
  const nav = h("nav", { "aria-label": "Dashboards" }, ...opening.pages.map(([name, title]) =>
    h("a", { href: link(name), "aria-current": name === opening.page ? "page" : null }, title)));
  const apps = opening.apps.length > 1
    ? h("select", { "aria-label": "App", onchange: (event) => location.assign(link(opening.page, event.target.value)) },
      ...opening.apps.map((name) => h("option", { value: name, selected: name === opening.app }, name)))
    : h("strong", {}, opening.app);
  const age = h("span", { class: "age" });
  const newer = h("button", { type: "button", class: "primary", hidden: true, onclick: () => location.reload() }, "Show the new numbers");
  root.append(h("div", { class: "bar" },
    h("span", { class: "brand" }, "segkit"), nav,
    h("div", { class: "facts" }, apps, h("span", {}, `as of ${dayWords(opening.as_of)}`), age, newer,
      h("span", { class: "who" }, [opening.who, opening.roles.join(", ")].filter(Boolean).join(" · ")))));

  function show(now) {
    age.classList.toggle("stale", now.behind > 0);
    age.textContent = !now.data_date ? "no data yet"
      : now.behind > 0 ? `⚠ data is ${now.behind === 1 ? "a day" : `${grouped.format(now.behind)} days`} old` : "data is up to date";
    newer.hidden = now.as_of === opening.as_of && now.generation === opening.generation;
  }
  show(opening);
  const timer = setInterval(async () => {
    const now = await view.ask("now", {}, { quiet: true });
    if (now && !now.refused) show(now);
  }, OFTEN);
  return () => { clearInterval(timer); view.end(); };
}

export default { render };
