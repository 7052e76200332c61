"""The charts, one file each; to add one, write its file and list it in `CHARTS`.

A chart is `draw(frame, options, width)`, `width` in px: an Altair chart, or some as `parts.together` puts them.
A `Panel` names its chart here.
"""

# name -> columns that its frame must have
CHARTS: dict[str, tuple[str, ...]] = {
    "energy_forest": ("label", "estimate", "low", "high", "basis"),
    "ess_forest": ("device", "precision", "estimate", "low", "high", "basis"),
    "energy_size": ("size", "energy_per_item_j", "device", "item_unit"),
    "batch_curve": ("batch", "energy_per_item_j", "device", "base_model"),
    "paired_slopes": ("device", "framework", "kind", "precision", "place", "ratio", "low", "high", "points"),
    "ratio_forest": ("label", "treatment", "estimate", "low", "high"),
    "ratio_size": ("params_count", "ratio", "treatment"),
    "regret_heatmap": ("workload", "device", "regret"),
    "fixed_marginal": ("fixed_power_w", "marginal_j", "device"),
    "scatter_repeats": ("cv", "n"),
    "region_scatter": ("co2_g_per_kwh", "ewif_l_per_kwh"),
    "factor_sensitivity": ("factor", "share", "impact"),
    "pareto": ("device", "task", "precision", "energy_per_item_j", "quality", "on_front"),
    "roofline": ("intensity_flops_per_byte", "achieved_flops_per_s", "peak_flops_per_s", "device"),
    "hour_profile": ("region", "hour", "co2_g_per_kwh", "low", "high"),
    "call_overhead": ("call_j", "item_j", "framework"),
    "trace": ("t_s", "low_w", "mean_w", "high_w", "device"),
    "thermal": ("t_s", "temperature_c", "device"),
    "prediction_ratios": ("measured", "ratio", "low", "high"),
    "coverage": ("label", "kind", "coverage", "low", "high"),
    "ratio_quantiles": ("label", "kind", "q05", "q25", "q50", "q75", "q95"),
    "learning_curve": ("rows_count", "mdape", "estimator"),
}
