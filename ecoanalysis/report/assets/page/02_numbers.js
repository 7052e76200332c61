// Numbers: the formatter of ecoanalysis/report/numbers.py, digit for digit.
const THIN = "\u202f";
const PREFIX = { "-12": "p", "-9": "n", "-6": "µ", "-3": "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P" };

const grouped = (digits) => {
  const [whole, rest] = digits.split(".");
  const long = whole.replace("\u2212", "").length > 4;
  const cut = long ? whole.replace(/(\d)(?=(\d{3})+$)/g, "$1" + THIN) : whole;
  return rest ? cut + "." + rest : cut;
};

const fixed = (value, places) => {
  const rounded = places < 0 ? Math.round(value / 10 ** -places) * 10 ** -places : value;
  return rounded.toFixed(Math.max(places, 0)).replace("-", "\u2212");
};

const significant = (value, digits) => {
  if (value === 0) return "0";
  const magnitude = Math.log10(Math.abs(Number(value.toExponential(digits - 1))));
  return fixed(value, digits - 1 - Math.floor(magnitude));
};

const placesOf = (half) => {
  const exponent = Math.floor(Math.log10(half));
  return (Number((half / 10 ** exponent).toFixed(1)) < 2.95 ? 1 : 0) - exponent;
};

const written = (value, low, high, digits = 3) => {
  const biggest = Math.abs(value) || Math.abs(high || 0);
  let exponent = 0;
  if (biggest && (biggest < 1e-3 || biggest >= 1e7)) {
    exponent = Math.floor(Math.log10(biggest));
    const factor = 10 ** -exponent;
    value *= factor;
    if (low !== null) low *= factor;
    if (high !== null) high *= factor;
  }
  if (low === null || high === null || high <= low) return { value: significant(value, digits), exponent };
  const below = value - low, above = high - value, half = Math.max(below, above), small = Math.min(below, above);
  if (small > 0 && half / small < 1.3 && half < 0.49999 * Math.abs(value)) {
    const places = placesOf(half);
    return { value: fixed(value, places), spread: fixed(half, places), exponent };
  }
  if (half < 0.2 * Math.abs(value)) {
    const places = placesOf(Math.min(...[below, above].filter((gap) => gap > 0)));
    return { value: fixed(value, places), low: fixed(low, places), high: fixed(high, places), exponent };
  }
  return { value: significant(value, 2), low: significant(low, 2), high: significant(high, 2), exponent };
};

const prefixOf = (value, unit) => {
  if (!unit || !value) return 0;
  let exponent = 3 * Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-12);
  if (unit === "l") exponent = Math.min(exponent, 0);
  return Math.max(-12, Math.min(exponent, unit === "g" ? 6 : 15));
};

const symbolOf = (unit, exponent) => {
  if (!unit) return "";
  if (unit === "g" && exponent === 6) return "t";
  return PREFIX[exponent] + (unit === "l" ? "L" : unit);
};

const raised = (exponent) => {
  if (!exponent) return "";
  const digits = String(exponent).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  return `${THIN}×${THIN}10${digits}`;
};

const shown = (value, low, high, unit, basis) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const exponent = prefixOf(value, unit), scale = 10 ** -exponent;
  const w = written(value * scale, low === null ? null : low * scale, high === null ? null : high * scale);
  const power = raised(w.exponent);
  let core = grouped(w.value);
  if (w.spread !== undefined) {
    core = `${core}${THIN}±${THIN}${grouped(w.spread)}`;
    if (power) core = `(${core})${power}`;
  } else if (w.low !== undefined) core = `${core}${power} (${grouped(w.low)}–${grouped(w.high)}${power})`;
  else core += power;
  const symbol = symbolOf(unit, exponent);
  if (symbol) core += THIN + symbol;
  return (basis === "estimated" || basis === "assumed" ? "≈" + THIN : "") + core;
};
window.ecoShown = shown;

const plain = (value, digits) => {
  const w = written(value, null, null, digits);
  return grouped(w.value) + raised(w.exponent);
};

const kilo = (value) => value === null ? null : value * 1000;

// Ticks of a logarithmic axis: `decades` of ecoanalysis/report/charts/parts.py.
const decades = (low, high) => {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const powers = [...Array(last - first + 1).keys()].map((k) => first + k);
  const within = (ticks) => ticks.filter((tick) => low / 1.25 <= tick && tick <= high * 1.25);
  const step = Math.max(1, Math.floor((last - first) / 7));
  const whole = within(powers.filter((_, k) => k % step === 0).map((k) => Number(`1e${k}`)));
  if (whole.length > 2) return whole;
  const steps = Math.log10(high / low) > 0.5 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
  return within(powers.flatMap((k) => steps.map((s) => Number((s * 10 ** k).toPrecision(3)))));
};
