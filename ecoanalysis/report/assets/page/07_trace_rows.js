// What the trace viewer shows, as rows: for a table beside the drawing, and for a CSV.
const TRACE_COLUMNS = ["device", "time_s", "phase", "power_low_w", "power_mean_w", "power_high_w", "utilisation", "temperature_c"];
const TRACE_HEAD = 40;

// The buckets between two times, in the order of devices and time; low and high are those of the mean where a
// bucket is one sample.
const traceRows = (trace, from, to) => trace.series.flatMap((series) => {
  const at = (column, i, scale) => (column?.[i] == null ? null : column[i] / scale);
  const rows = [];
  for (let i = Math.max(0, after(series.time, from) - 1); i < series.time.length && series.time[i] <= to; i++) {
    const t = series.time[i], mean = at(series.mean, i, 100);
    const phase = trace.phases.find(([, a, b]) => t >= a && t < b);
    rows.push([series.device, t, phase ? phase[0] : null, series.low ? at(series.low, i, 100) : mean, mean,
      series.high ? at(series.high, i, 100) : mean, at(series.util, i, 1000), at(series.temp, i, 10)]);
  }
  return rows;
});

// Turns the data of the static figure into those of what is shown; returns what to call when that changes.
const followRows = (details, current) => {
  const body = make("tbody"), status = make("p", { class: "fine" });
  const download = () => {
    const { trace, from, to } = current();
    save(`trace-${trace.run}.csv`, "text/csv", csv(TRACE_COLUMNS, traceRows(trace, from, to)));
  };
  const region = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Data of the trace that is shown" },
    make("table", {}, make("thead", {}, make("tr", {}, ...TRACE_COLUMNS.map((name) => make("th", { scope: "col", text: name })))), body));
  const button = make("button", { type: "button", class: "button", id: "trace-csv", text: "Download CSV", onclick: download });
  details.replaceChildren($("summary", details), make("p", {}, button), region, status);
  const fill = () => {
    if (!details.open) return;
    const { trace, from, to } = current(), rows = traceRows(trace, from, to);
    const cell = (value) => make("td", { text: value === null ? "–" : String(value) });
    body.replaceChildren(...rows.slice(0, TRACE_HEAD).map((row) => make("tr", {}, ...row.map(cell))));
    status.textContent = rows.length > TRACE_HEAD ? `${TRACE_HEAD} of ${rows.length} rows; the CSV has all that is shown.` : "";
  };
  details.addEventListener("toggle", fill);
  return fill;
};
