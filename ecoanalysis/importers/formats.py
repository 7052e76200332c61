"""The formats that can be imported, most specific first; to add one, write its module and list it here."""

from ecoanalysis.importers import (
    argonne,
    codecarbon,
    dosgroup,
    ecocompute,
    experiment_runner,
    gguf,
    luccioni,
    mlenergy_v2,
    mlenergy_v3,
    mlperf_results,
    mlperf_spl,
    mlperf_traces,
    specpower,
    zeus_limits,
)
from ecoanalysis.importers.contract import Importer

IMPORTERS: dict[str, Importer] = {
    "mlenergy_v3": mlenergy_v3,
    "mlenergy_v2": mlenergy_v2,
    "mlperf_results": mlperf_results,
    "mlperf_traces": mlperf_traces,
    "mlperf_spl": mlperf_spl,
    "luccioni": luccioni,
    "gguf": gguf,
    "ecocompute": ecocompute,
    "argonne": argonne,
    "dosgroup": dosgroup,
    "zeus_limits": zeus_limits,
    "specpower": specpower,
    "experiment_runner": experiment_runner,
    "codecarbon": codecarbon,
}
