// What is out of sight has an estimated height: a jump is set right while its surroundings are laid out.
const settle = () => {
  const target = document.getElementById(location.hash.slice(1).split("&")[0]);
  let left = target ? 6 : 0;
  const again = () => {
    if (!left--) return;
    target.scrollIntoView({ behavior: "instant" });
    requestAnimationFrame(again);
  };
  again();
};
addEventListener("hashchange", settle);

// Paper has what is folded on the screen.
addEventListener("beforeprint", () => all("details.appendix:not([open])").forEach((part) => {
  part.open = true;
  addEventListener("afterprint", () => { part.open = false; }, { once: true });
}));

// The page is ready.
await document.fonts.ready;
all("[data-chart]").forEach((chart) => watch.observe(chart));
settle();
document.documentElement.dataset.ready = "yes";
