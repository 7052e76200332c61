// The region: carbon, water and ESS of every configuration, and all on the page that follows from them.
const { cells, regions, sites, now } = data.explorer || { cells: null };
const IMPACTS = ["co2", "co2Low", "co2High", "water", "waterLow", "waterHigh", "ess", "essLow", "essHigh", "impactBasis"];
let live = cells, place = now;

// The building's overhead that an energy has in it, and whether it has all of it.
const overheadOf = (i) => {
  const included = Math.max(cells.included[i] || 1, 1);
  return [included, included > 1 || cells.boundary[i] === "facility"];
};

// C = E · PUE · I, W = E · (WUE + PUE · EWIF): ecoanalysis/impact/assess.py and rate.py, line for line.
const assess = (i, out) => {
  const [included, holds] = overheadOf(i);
  const site = sites[cells.site[i]], kwh = cells.e[i] / 3.6e6 / included;
  const pue = holds ? included : site.pue, pueUp = holds ? 0 : site.pueUp, pueDown = holds ? 0 : site.pueDown;
  const gram = kwh * pue * place.co2;
  out.co2[i] = gram;
  out.co2High[i] = gram * Math.exp(Math.hypot(cells.eUp[i], pueUp, place.co2_up));
  out.co2Low[i] = gram * Math.exp(-Math.hypot(cells.eDown[i], pueDown, place.co2_down));
  const on = site.wue, off = pue * place.ewif, total = on + off, litre = kwh * total;
  const over = Math.hypot(off * (Math.exp(Math.hypot(pueUp, place.ewif_up)) - 1), site.wueHigh - on);
  const under = Math.hypot(off * (1 - Math.exp(-Math.hypot(pueDown, place.ewif_down))), on - site.wueLow);
  const up = Math.hypot(cells.eUp[i], Math.log(1 + over / total));
  const down = Math.hypot(cells.eDown[i], Math.log(Math.max(1 - under / total, 1e-3)));
  out.water[i] = litre;
  out.waterHigh[i] = total ? litre * Math.exp(up) : litre;
  out.waterLow[i] = total ? litre * Math.exp(-down) : litre;
  if (!cells.noEss[i] && gram > 0) {
    out.ess[i] = cells.effective[i] / (1e3 * gram);
    out.essLow[i] = cells.effective[i] / (1e3 * out.co2High[i]);
    out.essHigh[i] = cells.effective[i] / (1e3 * out.co2Low[i]);
  }
  const weak = ["estimated", "assumed"].includes(cells.basis[i]);
  out.impactBasis[i] = place.assumed ? "assumed" : weak ? cells.basis[i] : "derived";
};

const basisOf = (i) => cells.basis[i] === "estimated" ? "estimated"
  : live.impactBasis[i] || (cells.basis[i] === "assumed" ? "assumed" : "derived");

const digits = (value) => (value === null ? "–" : String(Number(value.toPrecision(6))));
const pueOf = (i) => { const [included, holds] = overheadOf(i); return digits(holds ? included : sites[cells.site[i]].pue); };
const carbonOf = (i) => `E · PUE · I with PUE ${pueOf(i)} and ${digits(place.co2)} g/kWh (${place.name}); `;
const waterOf = (i) => `E · (WUE + PUE · EWIF) with WUE ${digits(sites[cells.site[i]].wue)}, PUE ${pueOf(i)} and `
  + `EWIF ${digits(place.ewif)} L/kWh (${place.name}); `;
const scoreOf = (i) => (cells.noEss[i] || `${digits(cells.effective[i])} M effective parameters (${cells.params_kind[i]}, `
  + `QF ${digits(cells.qf[i])}, convention ${cells.qf_convention[i]}) ÷ g CO₂e of 1,000 items`) + "; ";

// What a configuration's number is: value, bounds, unit, basis, and what it follows from.
const NUMBERS = {
  energy: (i) => [live.e[i], live.eLow[i], live.eHigh[i], "J", live.basis[i], ""],
  co2: (i) => [kilo(live.co2[i]), kilo(live.co2Low[i]), kilo(live.co2High[i]), "g", basisOf(i), carbonOf(i)],
  water: (i) => [kilo(live.water[i]), kilo(live.waterLow[i]), kilo(live.waterHigh[i]), "l", basisOf(i), waterOf(i)],
  ess: (i) => [live.ess[i], live.essLow[i], live.essHigh[i], "", basisOf(i), scoreOf(i)],
};

const told = (i, basis, low, lead) => {
  const interval = low === null ? "" : "95 % interval. ", runs = cells.runs[i] ? ". Runs: " + cells.runs[i] : "";
  const lead_ = basis[0].toUpperCase() + basis.slice(1);
  const boundary = cells.boundary[i] ? `Boundary: ${cells.boundary[i]}. ` : "";
  return `${lead_}. ${boundary}${interval}${lead}${cells.how[i]}${runs}`;
};

const put = (button, i, what) => {
  const [value, low, high, unit, basis, lead] = NUMBERS[what](i);
  write(button, shown(value, low, high, unit, basis));
  button.dataset.how = told(i, basis, low, lead);
  return button;
};

// A quantile between the two nearest values, as the report takes it.
const quantile = (sorted, share) => {
  const at = share * (sorted.length - 1), below = Math.floor(at), above = Math.ceil(at);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
};

const scoreRow = (members) => {
  if (members.length === 1) return [live.ess[members[0]], live.essLow[members[0]], live.essHigh[members[0]]];
  const values = members.map((i) => live.ess[i]).sort((a, b) => a - b);
  const mean = Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
  return [mean, quantile(values, 0.25), quantile(values, 0.75)];
};

// The figure of ESS: its rows are the configurations in `members`.
const redrawScores = async () => {
  const chart = $('[data-chart="ess"]');
  if (!chart) return;
  const { frame } = await figureOf("ess");
  const rows = data.members.map(scoreRow), columns = ["estimate", "low", "high"];
  columns.forEach((name, k) => { frame[name] = rows.map((row) => row[k]); });
  const spec = await specOf("ess"), bounds = rows.flat().filter((v) => v > 0);
  const low = Math.min(...bounds), high = Math.max(...bounds);
  for (const source of spec.data.filter((d) => d.values && d.values[0] && "estimate" in d.values[0])) {
    source.values.forEach((row, i) => columns.forEach((name) => { row[name] = frame[name][i]; }));
  }
  spec.scales.find((scale) => scale.name === "x").domain = [low / 1.25, high * 1.25];
  for (const axis of spec.axes.filter((a) => a.scale === "x" && a.values)) axis.values = decades(low, high);
  all("#fig-ess details.data tbody tr").forEach((tr, i) => {
    const names = Object.keys(frame);
    columns.forEach((name) => { tr.children[names.indexOf(name)].textContent = plain(frame[name][i], 5); });
  });
  const words = `${shown(low, null, null, "")} to ${shown(high, null, null, "")}`;
  chart.setAttribute("aria-label", `ESS by device and precision, recomputed for ${place.name}: bounds from ${words}.`);
  watch.unobserve(chart);
  await enliven(chart);
};

const listeners = [];
const moveTo = (code) => {
  const at = regions.region.indexOf(code), moved = at >= 0;
  place = moved ? Object.fromEntries(Object.keys(regions).map((key) => [key, regions[key][at]])) : now;
  live = cells;
  if (moved) {
    const out = Object.fromEntries(IMPACTS.map((name) => [name, Array(cells.e.length).fill(null)]));
    for (let i = 0; i < cells.e.length; i++) assess(i, out);
    live = { ...cells, ...out };
  }
  all(".n[data-cell]").forEach((button) => put(button, Number(button.dataset.cell), button.dataset.what));
  all("[data-placed]").forEach((part) => { part.hidden = !moved; part.textContent = stays(); });
  $("#place-status").textContent = moved ? moves() : "";
  listeners.forEach((listen) => listen());
  return redrawScores();
};

const moves = () => `Now for ${place.name}: ${shown(place.co2, null, null, "")} g CO₂e and `
  + `${shown(place.ewif, null, null, "")} L per kWh. Carbon, water and ESS are recomputed in the numbers of the summary, `
  + "the figure of ESS and the table of configurations.";
const stays = () => `As reported, for ${now.name}: this part is not recomputed for ${place.name}.`;

const region = $("#region");
if (cells) {
  const first = now.region === "UNKNOWN" ? "not given" : now.name;
  region.append(make("option", { value: "", text: `${first} (as reported)` }));
  regions.region.forEach((code, i) => region.append(make("option", { value: code, text: regions.name[i] })));
  $("#place").hidden = false;
}
