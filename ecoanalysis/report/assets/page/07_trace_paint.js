// How a trace is painted: panels over a common time, phases behind them, throttled stretches at their foot.
const LEFT = 58, TOP = 22, GAP = 26, STRIP = 6;
const PANELS = [
  { key: "mean", title: "power (W)", scale: 100, tall: 200, zero: true },
  { key: "util", title: "utilisation (%)", scale: 10, tall: 84, zero: true },
  { key: "temp", title: "temperature (°C)", scale: 10, tall: 84, zero: false },
];

const ticksOf = (low, high, count) => {
  const raw = (high - low) / count || 1, base = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * base).find((s) => s >= raw), out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Number(v.toPrecision(12)));
  return out;
};

// The first index whose time is above t, by halving: a trace holds tens of thousands.
const after = (times, t) => {
  let low = 0, high = times.length;
  while (low < high) { const middle = (low + high) >> 1; if (times[middle] > t) high = middle; else low = middle + 1; }
  return low;
};

const spanOf = (series, from, to) => [Math.max(0, after(series.time, from) - 1), Math.min(series.time.length - 1, after(series.time, to))];
const lowest = (series, key) => (key === "mean" && series.low) || series[key] || [];
const highest = (series, key) => (key === "mean" && series.high) || series[key] || [];

const rangeOf = (trace, { key, scale, zero }, from, to) => {
  let low = Infinity, high = -Infinity;
  for (const series of trace.series) {
    const tops = highest(series, key), bottoms = lowest(series, key), [a, b] = spanOf(series, from, to);
    for (let i = a; i <= b; i++) {
      if (tops[i] != null && tops[i] > high) high = tops[i];
      if (bottoms[i] != null && bottoms[i] < low) low = bottoms[i];
    }
  }
  if (high === -Infinity) return [0, 1];
  if (key === "util") return [0, 100];
  return zero ? [0, high / scale * 1.06 || 1] : [low / scale - 0.5, high / scale + 0.5];
};

// One column of pixels at a time: extremes survive however many samples share it.
const columnsOf = (series, key, [a, b], X) => {
  const values = series[key], lows = lowest(series, key), highs = highest(series, key), columns = new Map();
  for (let i = a; i <= b; i++) {
    if (values[i] == null) continue;
    const x = Math.round(X(series.time[i])), found = columns.get(x);
    if (!found) { columns.set(x, { lo: lows[i], hi: highs[i], sum: values[i], n: 1 }); continue; }
    found.lo = Math.min(found.lo, lows[i]); found.hi = Math.max(found.hi, highs[i]);
    found.sum += values[i]; found.n++;
  }
  return columns;
};

const paintLine = (ctx, columns, Y, dots) => {
  ctx.globalAlpha = 0.3;
  for (const [x, c] of columns) if (c.hi > c.lo) ctx.fillRect(x - 0.5, Y(c.hi), 1, Y(c.lo) - Y(c.hi));
  ctx.globalAlpha = 1;
  ctx.beginPath();
  let last = null;
  for (const [x, c] of columns) {
    const y = Y(c.sum / c.n);
    if (last === null) ctx.moveTo(x, y); else { ctx.lineTo(x, last); ctx.lineTo(x, y); }
    last = y;
  }
  ctx.stroke();
  if (dots) for (const [x, c] of columns) { ctx.beginPath(); ctx.arc(x, Y(c.sum / c.n), 2, 0, 7); ctx.fill(); }
};

const paintAxis = (ctx, panel, top, [low, high], Y, right, tints) => {
  ctx.strokeStyle = tints.rule; ctx.fillStyle = tints.muted; ctx.lineWidth = 1; ctx.textAlign = "right";
  for (const v of ticksOf(low, high, panel.tall > 100 ? 5 : 2)) {
    ctx.globalAlpha = 0.7; ctx.beginPath(); ctx.moveTo(LEFT, Y(v)); ctx.lineTo(right, Y(v)); ctx.stroke();
    ctx.globalAlpha = 1; ctx.fillText(String(v), LEFT - 6, Y(v) + 4);
  }
  ctx.save();
  ctx.translate(11, top + panel.tall / 2); ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center"; ctx.fillStyle = tints.ink; ctx.font = "600 11px Inter";
  ctx.fillText(panel.title, 0, 0, panel.tall + 20);
  ctx.restore();
};

const paintPhases = (ctx, phases, X, [left, right], height, tints) => {
  ctx.textAlign = "left";
  phases.forEach(([name, a, b], i) => {
    const x0 = Math.max(left, X(a)), x1 = Math.min(right, X(b));
    if (x1 <= x0) return;
    if (i % 2) { ctx.fillStyle = tints.faint; ctx.fillRect(x0, 18, x1 - x0, height - 50); }
    if (x1 - x0 > ctx.measureText(name).width + 6) { ctx.fillStyle = tints.muted; ctx.fillText(name, x0 + 3, 12); }
  });
};

// Dark for heat, pale with a rim for a power limit; the legend says so.
const paintThrottling = (ctx, trace, X, [left, right], foot, tints) => {
  for (const [a, b, cause] of trace.series.flatMap((series) => series.held || [])) {
    const x0 = Math.max(left, X(a)), x1 = Math.min(right, X(b));
    if (x1 < left || x0 > right) continue;
    const y = foot - STRIP - (cause === "power" ? STRIP + 1 : 0);
    ctx.fillStyle = cause === "heat" ? tints.ink : tints.rule; ctx.strokeStyle = tints.muted;
    ctx.fillRect(x0, y, Math.max(1, x1 - x0), STRIP); ctx.strokeRect(x0, y, Math.max(1, x1 - x0), STRIP);
  }
};

const tintsNow = () => Object.fromEntries(["ink", "muted", "rule", "faint"].map((name) => [name, colour("--" + name)]));

const paintTrace = (canvas, trace, from, to, cursor) => {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, right = width - 8, tints = tintsNow();
  const used = PANELS.filter(({ key }) => trace.series.some((series) => series[key]));
  const height = used.reduce((sum, panel) => sum + panel.tall + GAP, 34);
  canvas.style.height = height + "px";
  canvas.width = width * ratio; canvas.height = height * ratio;
  const ctx = canvas.getContext("2d"), X = (t) => LEFT + (t - from) / (to - from) * (right - LEFT);
  ctx.scale(ratio, ratio); ctx.font = "11px Inter";
  paintPhases(ctx, trace.phases, X, [LEFT, right], height, tints);
  let top = TOP;
  for (const panel of used) {
    const range = rangeOf(trace, panel, from, to), foot = top + panel.tall;
    const Y = (v) => foot - (v - range[0]) / (range[1] - range[0]) * panel.tall;
    paintAxis(ctx, panel, top, range, Y, right, tints);
    ctx.save(); ctx.beginPath(); ctx.rect(LEFT, top - 2, right - LEFT, panel.tall + 4); ctx.clip();
    trace.series.forEach((series, j) => {
      if (!series[panel.key]) return;
      ctx.strokeStyle = ctx.fillStyle = colour("--c" + (j % 7)); ctx.lineWidth = 1.3;
      const span = spanOf(series, from, to), columns = columnsOf(series, panel.key, span, X);
      paintLine(ctx, columns, (v) => Y(v / panel.scale), span[1] - span[0] < 120);
    });
    if (panel !== used.find(({ key }) => key === "util") || used.length === 1) paintThrottling(ctx, trace, X, [LEFT, right], foot, tints);
    ctx.restore();
    top = foot + GAP;
  }
  ctx.fillStyle = tints.muted; ctx.textAlign = "center";
  for (const t of ticksOf(from, to, Math.max(3, Math.floor(width / 110)))) ctx.fillText(String(t), X(t), height - 26);
  ctx.fillStyle = tints.ink; ctx.font = "600 11px Inter";
  ctx.fillText("time (s)", (LEFT + right) / 2, height - 6);
  if (cursor !== null && cursor >= from && cursor <= to) {
    ctx.strokeStyle = tints.muted; ctx.beginPath(); ctx.moveTo(X(cursor), 18); ctx.lineTo(X(cursor), height - 40); ctx.stroke();
  }
};

// The whole run in a strip, with a frame round what is shown above.
const paintOverview = (canvas, trace, from, to) => {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, right = width - 8, tall = 38, tints = tintsNow();
  canvas.width = width * ratio; canvas.height = tall * ratio;
  const ctx = canvas.getContext("2d"), X = (t) => LEFT + t / trace.end * (right - LEFT);
  ctx.scale(ratio, ratio);
  const panel = PANELS.find(({ key }) => trace.series.some((series) => series[key]));
  if (!panel) return;
  const range = rangeOf(trace, panel, 0, trace.end);
  const Y = (v) => tall - 3 - (v / panel.scale - range[0]) / (range[1] - range[0]) * (tall - 6);
  trace.series.forEach((series, j) => {
    if (!series[panel.key]) return;
    ctx.strokeStyle = ctx.fillStyle = colour("--c" + (j % 7)); ctx.lineWidth = 1;
    paintLine(ctx, columnsOf(series, panel.key, [0, series.time.length - 1], X), Y, false);
  });
  ctx.fillStyle = tints.muted; ctx.globalAlpha = 0.16;
  ctx.fillRect(LEFT, 0, X(from) - LEFT, tall); ctx.fillRect(X(to), 0, right - X(to), tall);
  ctx.globalAlpha = 1; ctx.strokeStyle = tints.ink; ctx.lineWidth = 1.5;
  ctx.strokeRect(X(from), 0.75, Math.max(2, X(to) - X(from)), tall - 1.5);
};
