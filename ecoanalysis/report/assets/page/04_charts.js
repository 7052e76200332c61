// Charts come to life near the viewport.
const tip = $("#tip");
const tooltip = (_, event, item, value) => {
  if (!value) { tip.hidden = true; return; }
  tip.textContent = typeof value === "object"
    ? Object.entries(value).map(([k, v]) => `${k}: ${v}`).join("\n") : String(value);
  tip.hidden = false;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
};

let engine = null;
const load = () => engine ??= unpack("vega").then((code) => {
  document.head.append(make("script", { text: code }));
  return window.ecoVega;
});

// A chart's specification with its rows, which lie in the page by columns.
const specOf = (name) => {
  const spec = data.charts[name], tables = data.rows[name];
  for (const source of spec.data) {
    const columns = tables[source.name];
    if (!columns || source.values) continue;
    const names = Object.keys(columns), first = columns[names[0]] || [];
    source.values = first.map((_, i) => Object.fromEntries(names.map((key) => [key, columns[key][i]])));
  }
  return spec;
};

const views = window.ecoViews = {};
const enliven = async (chart) => {
  const vega = await load(), name = chart.dataset.chart, stage = make("div", { "aria-hidden": "true" });
  const view = new vega.View(vega.parse(specOf(name), null, { ast: true }), {
    renderer: "svg", container: stage, hover: true, logLevel: 1, expr: vega.expressionInterpreter, tooltip,
  });
  await view.runAsync();
  const drawn = $("svg", stage), width = drawn.getAttribute("width"), height = drawn.getAttribute("height");
  drawn.setAttribute("viewBox", drawn.getAttribute("viewBox") || `0 0 ${width} ${height}`);
  drawn.setAttribute("focusable", "false");
  views[name]?.finalize();
  views[name] = view;
  chart.replaceChildren(stage);
  chart.dataset.live = "yes";
};

const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { watch.unobserve(entry.target); enliven(entry.target); }
}, { rootMargin: "300px" });

window.ecoEnlivenAll = () => Promise.all(
  all("[data-chart]:not([data-live])").map((chart) => { watch.unobserve(chart); return enliven(chart); }));
