"""The formats that can be imported, most specific first; to add one, write its module and list it here."""

from ecoanalysis.importers import mlenergy_v2, mlenergy_v3, mlperf_results, mlperf_spl, mlperf_traces
from ecoanalysis.importers.contract import Importer

IMPORTERS: dict[str, Importer] = {
    "mlenergy_v3": mlenergy_v3,
    "mlenergy_v2": mlenergy_v2,
    "mlperf_results": mlperf_results,
    "mlperf_traces": mlperf_traces,
    "mlperf_spl": mlperf_spl,
}
