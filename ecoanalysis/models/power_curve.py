"""The power curve of a device without an energy sensor: fitted where a fit stands, else from its data sheet."""

from collections.abc import Callable

from ecoanalysis.energy.estimate import Host, PowerCurve, specification_curve
from ecoanalysis.models.power_cpu import calibrated_curve
from ecoanalysis.models.power_gpu import board_curve
from ecoanalysis.settings import Settings


def curve_for(settings: Settings) -> Callable[[Host], PowerCurve | None]:
    """Return what `impact.rebuild` passes down: a curve for each device that has no sensor.

    A CPU whose idle and full power the settings state is calibrated by these two readings; without them its data sheet
    speaks (the servers of SPECpower are metered at the wall, which is no CPU package). A GPU follows the fitted law.
    """

    def curve_of(host: Host) -> PowerCurve | None:
        if host.kind == "cpu" and settings.cpu_idle_w is not None and settings.cpu_full_w is not None:
            return calibrated_curve(settings.cpu_idle_w, settings.cpu_full_w)
        if host.kind.endswith("gpu"):
            return board_curve(host.name)
        return specification_curve(host)

    return curve_of
