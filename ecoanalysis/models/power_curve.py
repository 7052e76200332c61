"""The power curve of a device without an energy sensor: fitted where a fit stands, else from its data sheet."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ecoanalysis.energy.estimate import Host, PowerCurve, specification_curve
from ecoanalysis.identity.key import device_key
from ecoanalysis.models.power_calibrated import calibrated_curves
from ecoanalysis.models.power_cpu import calibrated_curve
from ecoanalysis.models.power_gpu import board_curve
from ecoanalysis.models.power_own import own_curves
from ecoanalysis.settings import Settings

if TYPE_CHECKING:
    import duckdb


def curve_for(
    settings: Settings, con: "duckdb.DuckDBPyConnection | None" = None
) -> Callable[[Host], PowerCurve | None]:
    """Return what `impact.rebuild` passes down: a curve for each device that has no sensor.

    A CPU whose idle and full power the settings state, or `eco-collect calibrate` measured, is calibrated by these
    two readings. A device that the
    database `con` has metered elsewhere, under the same name and not in a virtual machine, follows its curve. A GPU
    follows the fitted law. For other CPUs the data sheet speaks: the servers of SPECpower are metered at the wall,
    which is no CPU package.
    """
    own = own_curves(con) if con is not None else {}
    calibrated = calibrated_curves(con) if con is not None else {}

    def curve_of(host: Host) -> PowerCurve | None:
        if host.kind == "cpu" and settings.cpu_idle_w is not None and settings.cpu_full_w is not None:
            return calibrated_curve(settings.cpu_idle_w, settings.cpu_full_w)
        if host.kind == "cpu" and (curve := calibrated.get((device_key(host.name), host.threads_count))):
            return curve
        same = own.get(device_key(host.name))
        whole = host.virtualization in (None, "", "none") and host.cpu_quota_ratio is None
        if same is not None and (whole or host.kind.endswith("gpu")):
            return same.curve
        if host.kind.endswith("gpu"):
            return board_curve(host.name)
        return specification_curve(host)

    return curve_of
