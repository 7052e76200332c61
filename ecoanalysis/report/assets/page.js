"use strict";
(async () => {
const $ = (selector, root = document) => root.querySelector(selector);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
const unpack = async (id) => {
  const bytes = Uint8Array.from(atob($("#" + id).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const save = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = make("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
};
const field = (value) => {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text; // a spreadsheet would run it
  return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
};
const csv = (names, rows) => [names, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

// Numbers: the formatter of ecoanalysis/report/numbers.py, digit for digit.
const THIN = "\u202f", PREFIX = { "-12": "p", "-9": "n", "-6": "µ", "-3": "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P" };
const grouped = (digits) => {
  const [whole, rest] = digits.split(".");
  const cut = whole.replace("\u2212", "").length > 4 ? whole.replace(/(\d)(?=(\d{3})+$)/g, "$1" + THIN) : whole;
  return rest ? cut + "." + rest : cut;
};
const fixed = (value, places) => {
  const rounded = places < 0 ? Math.round(value / 10 ** -places) * 10 ** -places : value;
  return rounded.toFixed(Math.max(places, 0)).replace("-", "\u2212");
};
const significant = (value, digits) => value === 0 ? "0"
  : fixed(value, digits - 1 - Math.floor(Math.log10(Math.abs(Number(value.toExponential(digits - 1))))));
const placesOf = (half) => {
  const exponent = Math.floor(Math.log10(half));
  return (Number((half / 10 ** exponent).toFixed(1)) < 2.95 ? 1 : 0) - exponent;
};
const written = (value, low, high) => {
  const biggest = Math.abs(value) || Math.abs(high || 0);
  let exponent = 0;
  if (biggest && (biggest < 1e-3 || biggest >= 1e7)) {
    exponent = Math.floor(Math.log10(biggest));
    const factor = 10 ** -exponent;
    value *= factor;
    if (low !== null) low *= factor;
    if (high !== null) high *= factor;
  }
  if (low === null || high === null || high <= low) return { value: significant(value, 3), exponent };
  const below = value - low, above = high - value, half = Math.max(below, above);
  const small = Math.min(below, above);
  if (small > 0 && half / small < 1.3 && half < 0.5 * Math.abs(value)) {
    const places = placesOf(half);
    return { value: fixed(value, places), spread: fixed(half, places), exponent };
  }
  if (half < 0.2 * Math.abs(value)) {
    const places = placesOf(Math.min(...[below, above].filter((gap) => gap > 0)));
    return { value: fixed(value, places), low: fixed(low, places), high: fixed(high, places), exponent };
  }
  return { value: significant(value, 2), low: significant(low, 2), high: significant(high, 2), exponent };
};
const shown = (value, low, high, unit, basis) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  let exponent = 0;
  if (unit && value) {
    exponent = 3 * Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-12);
    if (unit === "l") exponent = Math.min(exponent, 0);
    exponent = Math.max(-12, Math.min(exponent, unit === "g" ? 6 : 15));
  }
  const scale = 10 ** -exponent;
  const w = written(value * scale, low === null ? null : low * scale, high === null ? null : high * scale);
  const power = w.exponent ? `${THIN}×${THIN}10` + String(w.exponent).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]) : "";
  let core = grouped(w.value);
  if (w.spread !== undefined) {
    core = `${core}${THIN}±${THIN}${grouped(w.spread)}`;
    if (power) core = `(${core})${power}`;
  } else if (w.low !== undefined) core = `${core}${power} (${grouped(w.low)}–${grouped(w.high)}${power ? power + ")" : ")"}`;
  else core += power;
  let symbol = unit ? PREFIX[exponent] + { l: "L" }[unit] : "";
  if (unit && unit !== "l") symbol = unit === "g" && exponent === 6 ? "t" : PREFIX[exponent] + unit;
  if (symbol) core += THIN + symbol;
  return (basis === "estimated" || basis === "assumed" ? "≈" + THIN : "") + core;
};
window.ecoShown = shown;

// How a number was measured.
const how = $("#how");
document.addEventListener("click", (event) => {
  const button = event.target.closest(".n");
  if (!button || !how.showPopover) return;
  $(".how-value", how).textContent = button.textContent;
  $(".how-text", how).textContent = button.dataset.how;
  how.showPopover();
  const at = button.getBoundingClientRect(), size = how.getBoundingClientRect();
  how.style.left = Math.max(12, Math.min(at.left, innerWidth - size.width - 12)) + "px";
  how.style.top = (at.bottom + size.height + 16 < innerHeight ? at.bottom + 8 : Math.max(12, at.top - size.height - 8)) + "px";
  $("button", how).focus();
});

// Light and dark.
const repaints = [];
const theme = $("#theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  repaints.forEach((paint) => paint());
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaints.forEach((paint) => paint()));

const data = JSON.parse(await unpack("data"));

// Downloads of figures.
document.addEventListener("click", (event) => {
  const { csv: name, svg } = event.target.dataset || {};
  if (name) {
    const frame = data.frames[name], names = Object.keys(frame);
    save(name + ".csv", "text/csv", csv(names, (frame[names[0]] || []).map((_, i) => names.map((n) => frame[n][i]))));
  } else if (svg) {
    const copy = $(`[data-chart="${svg}"] svg`).cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const text = copy.outerHTML.replace(/var\((--[a-z0-9]+)\)/g, (_, variable) => colour(variable));
    save(svg + ".svg", "image/svg+xml", text);
  }
});

// Configurations.
const explore = ({ cells, regions, sites, now }) => {
  const root = $("#explorer"), body = $("#cells tbody"), n = cells.label.length, STEP = 50;
  let size = STEP, order = [...Array(n).keys()], live = cells, place = now;
  const SORTS = ["label", "device", "item", "e", "co2", "water", "ess", "repeats"];
  const FILTERS = [["device", "Device"], ["model", "Model"], ["precision", "Precision"], ["framework", "Framework"], ["dataset", "Data"], ["item", "Item"], ["basis", "Basis"], ["boundary", "Boundary"]];
  const state = { q: "", sort: "", dir: "1", region: "" };
  const haystack = cells.label.map((text, i) => [text, cells.device[i], cells.framework[i], cells.dataset[i], cells.task[i]].join(" ").toLowerCase());

  const recompute = () => {
    if (!state.region) { live = cells; place = now; return; }
    const at = regions.region.indexOf(state.region);
    place = Object.fromEntries(Object.keys(regions).map((key) => [key, regions[key][at]]));
    const out = Object.fromEntries(["co2", "co2Low", "co2High", "water", "waterLow", "waterHigh", "ess", "essLow", "essHigh", "impactBasis"].map((k) => [k, Array(n).fill(null)]));
    for (let i = 0; i < n; i++) {
      const included = Math.max(cells.included[i] || 1, 1), holds = included > 1 || cells.boundary[i] === "facility";
      const site = sites[cells.site[i]], kwh = cells.e[i] / 3.6e6 / included;
      const pue = holds ? included : site.pue, pueUp = holds ? 0 : site.pueUp, pueDown = holds ? 0 : site.pueDown;
      const gram = kwh * pue * place.co2;
      out.co2[i] = gram;
      out.co2High[i] = gram * Math.exp(Math.hypot(cells.eUp[i], pueUp, place.co2_up));
      out.co2Low[i] = gram * Math.exp(-Math.hypot(cells.eDown[i], pueDown, place.co2_down));
      const on = site.wue, off = pue * place.ewif, total = on + off, litre = kwh * total;
      const over = Math.hypot(off * (Math.exp(Math.hypot(pueUp, place.ewif_up)) - 1), site.wueHigh - on);
      const under = Math.hypot(off * (1 - Math.exp(-Math.hypot(pueDown, place.ewif_down))), on - site.wueLow);
      out.water[i] = litre;
      out.waterHigh[i] = total ? litre * Math.exp(Math.hypot(cells.eUp[i], Math.log(1 + over / total))) : litre;
      out.waterLow[i] = total ? litre * Math.exp(-Math.hypot(cells.eDown[i], Math.log(Math.max(1 - under / total, 1e-3)))) : litre;
      if (!cells.noEss[i] && gram > 0) {
        out.ess[i] = cells.effective[i] / (1e3 * gram);
        out.essLow[i] = cells.effective[i] / (1e3 * out.co2High[i]);
        out.essHigh[i] = cells.effective[i] / (1e3 * out.co2Low[i]);
      }
      out.impactBasis[i] = place.assumed ? "assumed" : ["estimated", "assumed"].includes(cells.basis[i]) ? cells.basis[i] : "derived";
    }
    live = { ...cells, ...out };
  };
  const arrange = () => {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    order = [...Array(n).keys()].filter((i) => words.every((word) => haystack[i].includes(word)) && FILTERS.every(([name]) => !state[name] || String(cells[name][i]) === state[name]));
    if (state.sort) {
      const values = live[state.sort], sign = Number(state.dir);
      order.sort((a, b) => values[a] === values[b] ? a - b : values[a] === null ? 1 : values[b] === null ? -1 : (values[a] < values[b] ? -sign : sign));
    }
  };
  const kilo = (v) => v === null ? null : v * 1000;
  const basisOf = (i) => cells.basis[i] === "estimated" ? "estimated" : live.impactBasis[i] || (cells.basis[i] === "assumed" ? "assumed" : "derived");
  const numbersOf = (i) => [
    [live.e[i], live.eLow[i], live.eHigh[i], "J", live.basis[i], ""],
    [kilo(live.co2[i]), kilo(live.co2Low[i]), kilo(live.co2High[i]), "g", basisOf(i), `E · PUE · I, ${place.co2} g/kWh (${place.name}); `],
    [kilo(live.water[i]), kilo(live.waterLow[i]), kilo(live.waterHigh[i]), "l", basisOf(i), `E · (WUE + PUE · EWIF), EWIF ${place.ewif} L/kWh (${place.name}); `],
    [live.ess[i], live.essLow[i], live.essHigh[i], "", basisOf(i), cells.noEss[i] ? cells.noEss[i] + "; " : "M effective parameters ÷ g CO2e of 1,000 items; "],
  ];
  const row = (i) => make("tr", {},
    make("td", { class: "left wide" }, make("bdi", { text: cells.label[i] })),
    make("td", {}, make("bdi", { text: cells.device[i] })),
    make("td", {}, make("bdi", { text: cells.item[i] })),
    ...numbersOf(i).map(([value, low, high, unit, basis, lead]) => make("td", { class: "right" }, make("button", {
      type: "button", class: "n", text: shown(value, low, high, unit, basis),
      "data-how": `${basis[0].toUpperCase() + basis.slice(1)}. Boundary: ${cells.boundary[i]}. ${low === null ? "" : "95 % interval. "}${lead}${cells.how[i]}${cells.runs[i] ? ". Runs: " + cells.runs[i] : ""}`,
    }))),
    make("td", { class: "right", text: String(cells.repeats[i]) }));
  const status = $("#explorer-status"), more = $("#more");
  const paint = () => {
    body.replaceChildren(...order.slice(0, size).map(row));
    status.textContent = `${grouped(String(order.length))} of ${grouped(String(n))} configurations. Carbon and water in this table: ${place.name}, ${shown(place.co2, null, null, "")} g CO₂e and ${shown(place.ewif, null, null, "")} L per kWh.`;
    more.hidden = order.length <= size;
    document.querySelectorAll("#cells th").forEach((th, i) => th.setAttribute("aria-sort", SORTS[i] === state.sort ? (state.dir === "1" ? "ascending" : "descending") : "none"));
  };
  const remember = () => {
    const parts = Object.entries(state).filter(([name, value]) => value && !(name === "dir" && value === "1")).map(([k, v]) => `${k}=${encodeURIComponent(v)}`);
    try { history.replaceState(null, "", parts.length ? "#configurations&" + parts.join("&") : location.pathname + location.search); } catch { /* some viewers forbid it on files */ }
  };
  const update = () => { size = STEP; recompute(); arrange(); paint(); remember(); };
  const choose = (name, title, options) => {
    const select = make("select", { name, onchange: () => { state[name] = select.value; update(); } }, ...options.map(([value, text]) => make("option", { value, text })));
    return make("label", { text: title }, select);
  };
  const controls = $(".controls", root);
  controls.append(make("label", { text: "Search" }, make("input", { type: "search", name: "q", oninput: (event) => { state.q = event.target.value; update(); } })));
  for (const [name, title] of FILTERS) {
    state[name] = "";
    const values = [...new Set(cells[name].map(String))].sort();
    if (values.length > 1) controls.append(choose(name, title, [["", "all"], ...values.map((v) => [v, v.length > 60 ? v.slice(0, 60) + "…" : v])]));
  }
  controls.append(choose("region", "Region", [["", `${now.region === "UNKNOWN" ? "not given" : now.name} (as reported)`], ...regions.region.map((code, i) => [code, regions.name[i]])]));
  controls.append(make("button", { type: "button", class: "button", id: "csv", text: "Download CSV", onclick: () => {
    const names = ["model", "precision", "batch", "framework", "device", "dataset", "task", "item", "basis", "boundary", "repeats", "params", "quality", "metric", "e", "eLow", "eHigh", "co2", "co2Low", "co2High", "water", "waterLow", "waterHigh", "ess", "essLow", "essHigh", "runs"];
    const heads = { e: "energy_per_item_j", eLow: "energy_low_j", eHigh: "energy_high_j", co2: "co2_g_per_item", co2Low: "co2_low_g", co2High: "co2_high_g", water: "water_l_per_item", waterLow: "water_low_l", waterHigh: "water_high_l", essLow: "ess_low", essHigh: "ess_high", item: "item_unit", params: "params_count" };
    save("configurations.csv", "text/csv", csv(names.map((k) => heads[k] || k).concat("region"), order.map((i) => names.map((k) => live[k][i]).concat(place.region))));
  } }));
  document.querySelectorAll("#cells th").forEach((th, i) => th.replaceChildren(make("button", { type: "button", text: th.textContent, onclick: () => {
    if (state.sort === SORTS[i]) state.dir = state.dir === "1" ? "-1" : "1";
    else [state.sort, state.dir] = [SORTS[i], "1"];
    update();
  } })));
  more.addEventListener("click", () => { size += 200; paint(); });
  const restore = () => {
    if (!location.hash.startsWith("#configurations&")) return;
    for (const part of location.hash.split("&").slice(1)) {
      const at = part.indexOf("="), name = part.slice(0, at);
      let value = "";
      try { value = decodeURIComponent(part.slice(at + 1)); } catch { continue; }
      if (!Object.hasOwn(state, name) || (name === "region" && !regions.region.includes(value)) || (name === "sort" && !SORTS.includes(value))) continue;
      state[name] = name === "dir" && value !== "-1" ? "1" : value;
      const control = controls.querySelector(`[name="${name}"]`);
      if (control) control.value = value;
    }
    update();
    $("#configurations").scrollIntoView();
  };
  controls.hidden = status.hidden = false;
  arrange(); paint(); restore();
  addEventListener("hashchange", restore);
};
if (data.explorer) explore(data.explorer);

// The trace viewer.
const viewTraces = (traces) => {
  const chart = $("#trace-view .chart");
  const unfold = (series) => { let t = 0; return { ...series, time: series.t.map((step) => (t += step) / 1e4) }; };
  traces.forEach((trace) => { trace.series = trace.series.map(unfold); trace.end = Math.max(...trace.series.map((s) => s.time.at(-1) || 0)); });
  let trace = traces[0], from = 0, to = trace.end, cursor = null, dragged = null;
  const canvas = make("canvas", { class: "trace-canvas", "aria-hidden": "true" });
  const readout = make("p", { class: "trace-readout", role: "status" });
  const legend = make("div", { class: "legend" });
  const panels = [["mean", "power (W)", 100, 0], ["util", "utilisation (%)", 10, 0], ["temp", "temperature (°C)", 10, null]];
  const ticks = (low, high, count) => {
    const raw = (high - low) / count || 1, base = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * base).find((s) => s >= raw);
    const out = [];
    for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Number(v.toPrecision(12)));
    return out;
  };
  const paint = () => {
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, used = panels.filter(([k]) => trace.series.some((s) => s[k]));
    const heights = used.map(([k]) => k === "mean" ? 190 : 76), height = heights.reduce((a, b) => a + b + 26, 34);
    canvas.style.height = height + "px";
    canvas.width = width * ratio; canvas.height = height * ratio;
    const ctx = canvas.getContext("2d"); ctx.scale(ratio, ratio); ctx.font = "11px Inter";
    const left = 58, right = width - 8, X = (t) => left + (t - from) / (to - from) * (right - left);
    const ink = colour("--ink"), muted = colour("--muted"), rule = colour("--rule"), faint = colour("--faint");
    trace.phases.forEach(([name, a, b], i) => {
      const x0 = Math.max(left, X(a)), x1 = Math.min(right, X(b));
      if (x1 <= x0) return;
      if (i % 2) { ctx.fillStyle = faint; ctx.fillRect(x0, 18, x1 - x0, height - 52); }
      if (x1 - x0 > ctx.measureText(name).width + 6) { ctx.fillStyle = muted; ctx.fillText(name, x0 + 3, 12); }
    });
    let top = 22;
    used.forEach(([key, title, scale, zero], p) => {
      const tall = heights[p];
      let low = Infinity, high = -Infinity;
      const spans = trace.series.map((s) => {
        let a = s.time.findIndex((t) => t >= from); if (a < 0) a = s.time.length; a = Math.max(0, a - 1);
        let b = s.time.findIndex((t) => t > to); if (b < 0) b = s.time.length - 1;
        const source = s[key] || [], top_ = key === "mean" && s.high ? s.high : source, bottom = key === "mean" && s.low ? s.low : source;
        for (let i = a; i <= b; i++) { if (top_[i] != null && top_[i] > high) high = top_[i]; if (bottom[i] != null && bottom[i] < low) low = bottom[i]; }
        return [a, b];
      });
      low = zero === 0 ? 0 : low / scale - 0.5; high = high === -Infinity ? 1 : high / scale * (zero === 0 ? 1.06 : 1) + (zero === 0 ? 0 : 0.5);
      if (key === "util") high = 100;
      if (high <= low) high = low + 1;
      const Y = (v) => top + tall - (v - low) / (high - low) * tall;
      ctx.strokeStyle = rule; ctx.fillStyle = muted; ctx.lineWidth = 1; ctx.textAlign = "right";
      for (const v of ticks(low, high, tall > 100 ? 4 : 2)) { ctx.globalAlpha = 0.7; ctx.beginPath(); ctx.moveTo(left, Y(v)); ctx.lineTo(right, Y(v)); ctx.stroke(); ctx.globalAlpha = 1; ctx.fillText(String(v), left - 6, Y(v) + 4); }
      ctx.save(); ctx.translate(11, top + tall / 2); ctx.rotate(-Math.PI / 2); ctx.textAlign = "center"; ctx.fillStyle = ink; ctx.font = "600 11px Inter"; ctx.fillText(title, 0, 0, tall + 20); ctx.restore();
      ctx.save(); ctx.beginPath(); ctx.rect(left, top - 2, right - left, tall + 4); ctx.clip();
      trace.series.forEach((s, j) => {
        const values = s[key]; if (!values) return;
        const [a, b] = spans[j];
        ctx.strokeStyle = ctx.fillStyle = colour("--c" + (j % 7)); ctx.lineWidth = 1.3;
        // One column of pixels at a time: extremes survive however many samples share it.
        const columns = new Map();
        for (let i = a; i <= b; i++) {
          if (values[i] == null) continue;
          const x = Math.round(X(s.time[i])), lo = (key === "mean" && s.low ? s.low[i] : values[i]), hi = (key === "mean" && s.high ? s.high[i] : values[i]);
          const c = columns.get(x);
          if (c) { c.lo = Math.min(c.lo, lo); c.hi = Math.max(c.hi, hi); c.sum += values[i]; c.n++; } else columns.set(x, { lo, hi, sum: values[i], n: 1 });
        }
        ctx.globalAlpha = 0.3;
        for (const [x, c] of columns) if (c.hi > c.lo) ctx.fillRect(x - 0.5, Y(c.hi / scale), 1, Y(c.lo / scale) - Y(c.hi / scale));
        ctx.globalAlpha = 1; ctx.beginPath();
        let last = null;
        for (const [x, c] of columns) { const y = Y(c.sum / c.n / scale); if (last === null) ctx.moveTo(x, y); else { ctx.lineTo(x, last); ctx.lineTo(x, y); } last = y; }
        ctx.stroke();
        if (b - a < 120) for (const [x, c] of columns) { ctx.beginPath(); ctx.arc(x, Y(c.sum / c.n / scale), 2, 0, 7); ctx.fill(); }
      });
      ctx.restore();
      top += tall + 26;
    });
    ctx.fillStyle = muted; ctx.textAlign = "center";
    for (const t of ticks(from, to, Math.max(3, Math.floor(width / 110)))) ctx.fillText(String(t), X(t), height - 26);
    ctx.fillStyle = ink; ctx.font = "600 11px Inter"; ctx.fillText("time (s)", (left + right) / 2, height - 6);
    if (cursor !== null && cursor >= from && cursor <= to) { ctx.strokeStyle = muted; ctx.beginPath(); ctx.moveTo(X(cursor), 18); ctx.lineTo(X(cursor), height - 40); ctx.stroke(); }
    canvas.dataset.from = from; canvas.dataset.to = to;
  };
  const say = () => {
    const per = Math.max(...trace.series.map((s) => s.per)), text = per > 1 ? `One step is ${per} samples.` : "Every sample is here.";
    if (cursor === null) { readout.textContent = `${shown(from, null, null, "")} to ${shown(to, null, null, "")} s. ${text} Drag to move, scroll with Ctrl or use + and − to zoom.`; return; }
    const parts = trace.series.map((s) => {
      let i = s.time.findIndex((t) => t > cursor); i = i < 0 ? s.time.length - 1 : Math.max(0, i - 1);
      const bits = [];
      if (s.mean && s.mean[i] != null) bits.push(shown(s.mean[i] / 100, null, null, "W"));
      if (s.util && s.util[i] != null) bits.push((s.util[i] / 10).toFixed(0) + " %");
      if (s.temp && s.temp[i] != null) bits.push((s.temp[i] / 10).toFixed(0) + " °C");
      return bits.length ? `${s.device}: ${bits.join(", ")}` : null;
    }).filter(Boolean);
    const phase = trace.phases.find(([, a, b]) => cursor >= a && cursor < b);
    readout.textContent = `${cursor.toFixed(3)} s${phase ? " (" + phase[0] + ")" : ""}: ${parts.join("; ")}`;
  };
  let queued = false;
  const redraw = () => { if (queued) return; queued = true; requestAnimationFrame(() => { queued = false; paint(); say(); }); };
  const zoom = (factor, centre = (from + to) / 2) => {
    const span = Math.min(trace.end, Math.max((to - from) * factor, 0.01));
    from = Math.max(0, Math.min(centre - (centre - from) / (to - from) * span, trace.end - span));
    to = from + span; redraw();
  };
  const move = (share) => { const span = to - from; from = Math.max(0, Math.min(from + share * span, trace.end - span)); to = from + span; redraw(); };
  const at = (event) => { const box = canvas.getBoundingClientRect(); return from + Math.max(0, Math.min(1, (event.clientX - box.left - 58) / (box.width - 66))) * (to - from); };
  const pick = (index) => {
    trace = traces[index]; from = 0; to = trace.end; cursor = null;
    legend.replaceChildren(...trace.series.filter((s) => s.mean || s.util || s.temp).map((s) => { const swatch = make("i"); swatch.style.background = `var(--c${trace.series.indexOf(s) % 7})`; return make("span", {}, swatch, s.device); }));
    redraw();
  };
  const button = (text, label, act) => make("button", { type: "button", class: "button", text, "aria-label": label, onclick: act });
  const tools = make("div", { class: "trace-tools" });
  if (traces.length > 1) tools.append(make("label", { text: "Run" }, make("select", { id: "trace-run", onchange: (event) => pick(Number(event.target.value)) }, ...traces.map((t, i) => make("option", { value: i, text: (t.title.length > 70 ? t.title.slice(0, 70) + "…" : t.title) + " · " + t.run.slice(0, 6) })))));
  tools.append(button("+", "Zoom in", () => zoom(0.5)), button("−", "Zoom out", () => zoom(2)), button("←", "Earlier", () => move(-0.25)), button("→", "Later", () => move(0.25)), button("All", "Show the whole run", () => { from = 0; to = trace.end; redraw(); }));
  canvas.addEventListener("wheel", (event) => { if (!event.ctrlKey && !event.metaKey) return; event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8, at(event)); }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => { dragged = { x: event.clientX, from, to }; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    if (dragged) { const span = dragged.to - dragged.from, shift = (dragged.x - event.clientX) / (canvas.clientWidth - 66) * span; from = Math.max(0, Math.min(dragged.from + shift, trace.end - span)); to = from + span; } else cursor = at(event);
    redraw();
  });
  canvas.addEventListener("pointerup", () => { dragged = null; });
  canvas.addEventListener("pointerleave", () => { cursor = null; redraw(); });
  canvas.addEventListener("dblclick", () => { from = 0; to = trace.end; redraw(); });
  chart.addEventListener("keydown", (event) => {
    const act = { ArrowLeft: () => move(-0.1), ArrowRight: () => move(0.1), "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1.4), Home: () => { from = 0; to = trace.end; redraw(); } }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  chart.before(tools); chart.before(legend); chart.replaceChildren(canvas); chart.after(readout);
  new ResizeObserver(redraw).observe(canvas);
  repaints.push(redraw);
  pick(0);
};
if (data.traces && data.traces.length) viewTraces(data.traces);

// Charts come to life near the viewport.
const tip = $("#tip");
const tooltip = (_, event, item, value) => {
  if (!value) { tip.hidden = true; return; }
  tip.textContent = typeof value === "object" ? Object.entries(value).map(([k, v]) => `${k}: ${v}`).join("\n") : String(value);
  tip.hidden = false;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
};
let engine = null;
const load = () => engine ??= unpack("vega").then((code) => { document.head.append(make("script", { text: code })); return window.ecoVega; });
const enliven = async (chart) => {
  const vega = await load(), spec = data.charts[chart.dataset.chart], stage = make("div", { "aria-hidden": "true" });
  const view = new vega.View(vega.parse(spec, null, { ast: true }), { renderer: "svg", container: stage, hover: true, logLevel: 1, expr: vega.expressionInterpreter, tooltip });
  await view.runAsync();
  const drawn = $("svg", stage), width = drawn.getAttribute("width"), height = drawn.getAttribute("height");
  drawn.setAttribute("viewBox", drawn.getAttribute("viewBox") || `0 0 ${width} ${height}`);
  drawn.setAttribute("focusable", "false");
  chart.replaceChildren(stage);
  chart.dataset.live = "yes";
};
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { watch.unobserve(entry.target); enliven(entry.target); }
}, { rootMargin: "300px" });
window.ecoEnlivenAll = () => Promise.all([...document.querySelectorAll("[data-chart]:not([data-live])")].map((chart) => { watch.unobserve(chart); return enliven(chart); }));
await document.fonts.ready;
document.querySelectorAll("[data-chart]").forEach((chart) => watch.observe(chart));
document.documentElement.dataset.ready = "yes";
})();
