// The trace viewer: which run, which stretch of it, and what is under the pointer.
const viewTraces = (traces) => {
  const chart = $("#trace-view .chart");
  const unfold = (series) => { let t = 0; return { ...series, time: series.t.map((step) => (t += step) / 1e4) }; };
  for (const trace of traces) {
    trace.series = trace.series.map(unfold);
    trace.end = Math.max(1e-3, ...trace.series.map((series) => series.time.at(-1) || 0));
  }
  let trace = traces[0], from = 0, to = trace.end, cursor = null, dragged = null;
  const canvas = make("canvas", { class: "trace-canvas", "aria-hidden": "true" });
  const overview = make("canvas", { class: "trace-overview", "aria-hidden": "true" });
  const readout = make("p", { class: "trace-readout", role: "status" });
  const legend = make("div", { class: "legend" });

  const seen = (series) => {
    const i = Math.max(0, after(series.time, cursor) - 1), bits = [];
    if (series.mean?.[i] != null) bits.push(shown(series.mean[i] / 100, null, null, "W"));
    if (series.util?.[i] != null) bits.push((series.util[i] / 10).toFixed(0) + " %");
    if (series.temp?.[i] != null) bits.push((series.temp[i] / 10).toFixed(0) + " °C");
    const held = (series.held || []).filter(([a, b]) => cursor >= a && cursor <= b).map(([, , cause]) => cause);
    if (held.length) bits.push("throttled for " + [...new Set(held)].join(" and "));
    return bits.length ? `${series.device}: ${bits.join(", ")}` : null;
  };
  const say = () => {
    const per = Math.max(...trace.series.map((series) => series.per));
    if (cursor === null) {
      const step = per > 1 ? `One step is ${per} samples.` : "Every sample is here.";
      readout.textContent = `${shown(from, null, null, "")} to ${shown(to, null, null, "")} s. ${step} `
        + "Drag to move, scroll with Ctrl or use + and − to zoom, choose a stretch in the strip below.";
      return;
    }
    const phase = trace.phases.find(([, a, b]) => cursor >= a && cursor < b);
    const parts = trace.series.map(seen).filter(Boolean);
    readout.textContent = `${cursor.toFixed(3)} s${phase ? " (" + phase[0] + ")" : ""}: ${parts.join("; ")}`;
  };

  const refill = followRows($("#trace-view details"), () => ({ trace, from, to }));
  let queued = false;
  const redraw = () => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      paintTrace(canvas, trace, from, to, cursor);
      paintOverview(overview, trace, from, to);
      const moved = canvas.dataset.run !== trace.run || canvas.dataset.from !== String(from) || canvas.dataset.to !== String(to);
      Object.assign(canvas.dataset, { run: trace.run, from, to });
      if (moved) refill();
      say();
    });
  };
  const show = (start, span) => {
    const wide = Math.min(trace.end, Math.max(span, Math.min(0.01, trace.end)));
    from = Math.max(0, Math.min(start, trace.end - wide));
    to = from + wide;
    redraw();
  };
  const zoom = (factor, centre = (from + to) / 2) => show(centre - (centre - from) * factor, (to - from) * factor);
  const move = (share) => show(from + (to - from) * share, to - from);
  const whole = () => show(0, trace.end);

  const timeAt = (event, target, start, span) => {
    const x = event.clientX - target.getBoundingClientRect().left;
    return start + (x - LEFT) / (target.clientWidth - LEFT - 8) * span;
  };
  const pick = (place) => {
    trace = traces[place]; cursor = null;
    const names = trace.series.map((series, j) => {
      const swatch = make("i");
      swatch.style.background = `var(--c${j % 7})`;
      return make("span", {}, swatch, series.device);
    });
    const causes = [...new Set(trace.series.flatMap((series) => (series.held || []).map(([, , cause]) => cause)))];
    const held = causes.sort().map((cause) => make("span", {}, make("i", { class: "held " + cause }), "throttled for " + cause));
    legend.replaceChildren(...names, ...held);
    whole();
  };

  const button = (text, label, act) =>
    make("button", { type: "button", class: "button", text, "aria-label": label, onclick: act });
  const tools = make("div", { class: "trace-tools" });
  if (traces.length > 1) {
    const named = (t) => (t.title.length > 70 ? t.title.slice(0, 70) + "…" : t.title) + " · " + t.run.slice(0, 6);
    const options = traces.map((t, i) => make("option", { value: i, text: named(t) }));
    const chosen = (event) => pick(Number(event.target.value));
    tools.append(make("label", { text: "Run" }, make("select", { id: "trace-run", onchange: chosen }, ...options)));
  }
  tools.append(button("+", "Zoom in", () => zoom(0.5)), button("−", "Zoom out", () => zoom(2)),
    button("←", "Earlier", () => move(-0.25)), button("→", "Later", () => move(0.25)),
    button("All", "Show the whole run", whole));

  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event, canvas, from, to - from));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    dragged = { x: event.clientX, from, span: to - from };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!dragged) { cursor = timeAt(event, canvas, from, to - from); redraw(); return; }
    const shift = (dragged.x - event.clientX) / (canvas.clientWidth - LEFT - 8) * dragged.span;
    show(dragged.from + shift, dragged.span);
  });
  canvas.addEventListener("pointerup", () => { dragged = null; });
  canvas.addEventListener("pointerleave", () => { cursor = null; redraw(); });
  canvas.addEventListener("dblclick", whole);

  let anchor = null;
  overview.addEventListener("pointerdown", (event) => {
    anchor = timeAt(event, overview, 0, trace.end);
    overview.setPointerCapture(event.pointerId);
    if (anchor < from || anchor > to) show(anchor - (to - from) / 2, to - from);
  });
  overview.addEventListener("pointermove", (event) => {
    if (anchor === null) return;
    const here = timeAt(event, overview, 0, trace.end);
    if (Math.abs(here - anchor) > trace.end / 200) show(Math.min(here, anchor), Math.abs(here - anchor));
  });
  overview.addEventListener("pointerup", () => { anchor = null; });

  const KEYS = {
    ArrowLeft: () => move(-0.1), ArrowRight: () => move(0.1), "+": () => zoom(0.7), "=": () => zoom(0.7),
    "-": () => zoom(1.4), Home: whole,
  };
  chart.addEventListener("keydown", (event) => {
    if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
  });
  chart.before(tools);
  chart.before(legend);
  for (const still of chart.children) still.classList.add("printed"); // a canvas has the colours of the screen
  chart.prepend(canvas, overview);
  chart.after(readout);
  new ResizeObserver(redraw).observe(canvas);
  repaints.push(redraw);
  pick(0);
};
if (data.traces && data.traces.length) viewTraces(data.traces);
