// The page is ready.
await document.fonts.ready;
all("[data-chart]").forEach((chart) => watch.observe(chart));
document.documentElement.dataset.ready = "yes";
