// The configurations: filter, sort, search, permalink, CSV.
const explore = () => {
  const root = $("#explorer"), body = $("#cells tbody"), n = cells.label.length, STEP = 50;
  const COLUMNS = data.explorer.columns, heads = all("#cells th");
  const SORTS = COLUMNS.map((name) => ({ energy: "e", runs: "repeats" })[name] || name);
  const FILTERS = [
    ["device", "Device"], ["model", "Model"], ["precision", "Precision"], ["framework", "Framework"],
    ["dataset", "Data"], ["item", "Item"], ["basis", "Basis"], ["boundary", "Boundary"],
  ];
  const state = { q: "", sort: "", dir: "1", region: "" };
  let size = STEP, order = [...Array(n).keys()];
  const haystack = cells.label.map((text, i) =>
    [text, cells.device[i], cells.framework[i], cells.dataset[i], cells.task[i]].join(" ").toLowerCase());

  const arrange = () => {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    order = [...Array(n).keys()].filter((i) => words.every((word) => haystack[i].includes(word))
      && FILTERS.every(([name]) => !state[name] || String(cells[name][i]) === state[name]));
    if (!state.sort) return;
    const values = live[state.sort], sign = Number(state.dir);
    order.sort((a, b) => {
      if (values[a] === values[b]) return a - b;
      if (values[a] === null || values[b] === null) return values[a] === null ? 1 : -1;
      return values[a] < values[b] ? -sign : sign;
    });
  };

  const titles = heads.map((th) => th.textContent);
  const cell = (i, name, k) => {
    const named = { class: "right", "data-name": titles[k] }; // on a narrow screen a row is a card, and says its columns
    if (name in NUMBERS) return make("td", named, put(make("button", { type: "button", class: "n" }), i, name));
    if (name === "runs") return make("td", { ...named, text: String(cells.repeats[i]) });
    return make("td", { class: name === "label" ? "left wide" : "left" }, make("bdi", { text: cells[name][i] }));
  };

  const status = $("#explorer-status"), more = $("#more");
  const paint = () => {
    body.replaceChildren(...order.slice(0, size).map((i) => make("tr", {}, ...COLUMNS.map((name, k) => cell(i, name, k)))));
    status.textContent = `${grouped(String(order.length))} of ${grouped(String(n))} configurations. Carbon and water: `
      + `${place.name}, ${shown(place.co2, null, null, "")} g CO₂e and ${shown(place.ewif, null, null, "")} L per kWh.`;
    more.hidden = order.length <= size;
    status.dataset.printed = order.length > size ? ` Printed are the first ${size}.` : "";
    const way = state.dir === "1" ? "ascending" : "descending";
    heads.forEach((th, i) => th.setAttribute("aria-sort", SORTS[i] === state.sort ? way : "none"));
  };

  const remember = () => {
    const parts = Object.entries(state)
      .filter(([name, value]) => value && !(name === "dir" && value === "1"))
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const address = parts.length ? "#configurations&" + parts.join("&") : location.pathname + location.search;
    try { history.replaceState(null, "", address); } catch { /* some viewers forbid it on files */ }
  };
  const update = () => { size = STEP; arrange(); paint(); remember(); };
  listeners.push(() => { arrange(); paint(); });

  const controls = $(".controls", root);
  const choose = (name, title, values) => {
    const select = make("select", { name, onchange: () => { state[name] = select.value; update(); } },
      make("option", { value: "", text: "all" }),
      ...values.map((v) => make("option", { value: v, text: v.length > 60 ? v.slice(0, 60) + "…" : v })));
    return make("label", { text: title }, select);
  };
  const search = (event) => { state.q = event.target.value; update(); };
  controls.append(make("label", { text: "Search" }, make("input", { type: "search", name: "q", oninput: search })));
  for (const [name, title] of FILTERS) {
    state[name] = "";
    const values = [...new Set(cells[name].map(String))].sort();
    if (values.length > 1) controls.append(choose(name, title, values));
  }

  const download = () => {
    const names = {
      model: "model", precision: "precision", batch: "batch", framework: "framework", device: "device",
      dataset: "dataset", task: "task", item: "item_unit", basis: "basis", boundary: "boundary", repeats: "repeats",
      params: "params_count", quality: "quality", metric: "metric", e: "energy_per_item_j", eLow: "energy_low_j",
      eHigh: "energy_high_j", co2: "co2_g_per_item", co2Low: "co2_low_g", co2High: "co2_high_g",
      water: "water_l_per_item", waterLow: "water_low_l", waterHigh: "water_high_l", ess: "ess", essLow: "ess_low",
      essHigh: "ess_high", runs: "runs",
    };
    const rows = order.map((i) => [...Object.keys(names).map((key) => live[key][i]), place.region]);
    save("configurations.csv", "text/csv", csv([...Object.values(names), "region"], rows));
  };
  controls.append(make("button", { type: "button", class: "button", id: "csv", text: "Download CSV", onclick: download }));

  heads.forEach((th, i) => th.replaceChildren(make("button", { type: "button", text: th.textContent, onclick: () => {
    if (state.sort === SORTS[i]) state.dir = state.dir === "1" ? "-1" : "1";
    else [state.sort, state.dir] = [SORTS[i], "1"];
    update();
  } })));
  more.addEventListener("click", () => { size += 200; paint(); });
  region.addEventListener("change", () => { state.region = region.value; moveTo(region.value); remember(); });

  const allowed = (name, value) => {
    if (name === "region") return regions.region.includes(value);
    if (name === "sort") return SORTS.includes(value);
    if (name === "dir") return value === "-1";
    return name === "q" || FILTERS.some(([known]) => known === name) && cells[name].some((one) => String(one) === value);
  };
  // What an address does not say is as at the start: it means the same whatever was chosen before.
  const restore = () => {
    if (!location.hash.startsWith("#configurations&")) return;
    const asked = { dir: "1" }, before = state.region;
    for (const part of location.hash.split("&").slice(1)) {
      const at = part.indexOf("="), name = part.slice(0, at);
      let value = "";
      try { value = decodeURIComponent(part.slice(at + 1)); } catch { continue; }
      if (allowed(name, value)) asked[name] = value;
    }
    for (const name of Object.keys(state)) {
      state[name] = asked[name] || "";
      const control = name === "region" ? region : controls.querySelector(`[name="${name}"]`);
      if (control) control.value = state[name];
    }
    if (state.region !== before) moveTo(state.region);
    update();
    $("#configurations").scrollIntoView();
  };
  controls.hidden = status.hidden = false;
  all(".cut", root).forEach((line) => line.remove()); // it speaks of the rows that a page without scripts has
  arrange(); paint(); restore();
  addEventListener("hashchange", restore);
};
if (cells && $("#explorer")) explore();
