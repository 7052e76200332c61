"""Energy models: power per device, energy per configuration, prediction with intervals, validation."""

# Estimators of energy per item, one file each with `fit(frame) -> Fit` and `predict(fit, table) -> ln J per row`.
MODELS: dict[str, str] = {
    "ecologits": "ecoanalysis.models.ecologits",
    "roofline": "ecoanalysis.models.roofline",
    "constant": "ecoanalysis.models.constant",
    "loglinear": "ecoanalysis.models.loglinear",
    "mixed": "ecoanalysis.models.mixed",
    "physics": "ecoanalysis.models.physics",
    "residual": "ecoanalysis.models.residual",
    "timed": "ecoanalysis.models.timed",
}
