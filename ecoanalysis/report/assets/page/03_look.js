// How a number was measured; light and dark; downloads of figures.
const how = $("#how");

// A number is two spans, cut as `halves` of numbers.py cuts it: columns align at the decimal point between them, and
// a line may break before an interval, nowhere else.
const write = (button, text) => {
  const before = text.match(/^(?:≈\u202f)?\(?[\u2212\d\u202f]*\d/)?.[0] || text, after = text.slice(before.length);
  const gap = after.startsWith(" ") ? [make("wbr")] : [];
  button.replaceChildren(make("span", { text: before }), ...gap, make("span", { text: after }));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest(".n");
  if (!button || !how.showPopover) return;
  $(".how-value", how).textContent = button.textContent;
  $(".how-text", how).textContent = button.dataset.how;
  how.showPopover();
  const at = button.getBoundingClientRect(), size = how.getBoundingClientRect();
  const below = at.bottom + size.height + 16 < innerHeight;
  how.style.left = Math.max(12, Math.min(at.left, innerWidth - size.width - 12)) + "px";
  how.style.top = (below ? at.bottom + 8 : Math.max(12, at.top - size.height - 8)) + "px";
  $("button", how).focus();
});

const repaints = [];
const repaint = () => repaints.forEach((paint) => paint());
const theme = $("#theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : system;
  root.dataset.theme = dark ? "light" : "dark";
  repaint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

const data = JSON.parse(await unpack("data"));

// What the charts draw and what is downloaded of figures: unpacked when first asked for.
let figures = null;
const figureOf = async (name) => (await (figures ??= unpack("figures").then(JSON.parse)))[name];

document.addEventListener("click", async (event) => {
  const { csv: name, svg } = event.target.dataset || {};
  if (name) {
    const { frame } = await figureOf(name), names = Object.keys(frame), rows = frame[names[0]] || [];
    save(name + ".csv", "text/csv", csv(names, rows.map((_, i) => names.map((n) => frame[n][i]))));
  } else if (svg) {
    const copy = $(`[data-chart="${svg}"] svg`).cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const text = copy.outerHTML.replace(/var\((--[a-z0-9]+)\)/g, (_, variable) => colour(variable));
    save(svg + ".svg", "image/svg+xml", text);
  }
});
