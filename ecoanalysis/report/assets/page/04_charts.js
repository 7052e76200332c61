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
const specOf = async (name) => {
  const { vega: spec, rows } = await figureOf(name);
  for (const source of spec.data.filter((found) => rows[found.name] && !found.values)) {
    const columns = Object.entries(rows[source.name]), count = columns[0]?.[1].length || 0;
    source.values = Array.from({ length: count }, (_, i) => Object.fromEntries(columns.map(([key, values]) => [key, values[i]])));
  }
  return spec;
};

const views = window.ecoViews = {};
const enliven = async (chart) => {
  const name = chart.dataset.chart, stage = make("div", { "aria-hidden": "true" });
  const [vega, spec] = await Promise.all([load(), specOf(name)]);
  const view = new vega.View(vega.parse(spec, null, { ast: true }), {
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
