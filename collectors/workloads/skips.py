"""What a suite left out, written to the trace with the reason."""

from collections.abc import Sequence
from typing import Protocol

from collectors.trace.records import Config
from collectors.workloads.case import Case, config


class Skipper(Protocol):
    """What can note a run that was not done; `collectors.recording` gives one."""

    def skip(self, config: Config, code: str, text: str) -> None:
        """Leave a skipped run, with its reason."""


def leave_out(skipped: Sequence[tuple[Case, str]], host: Skipper) -> None:
    """Record one skipped run per kind (framework, model, precision, device) and reason; its note counts the rest."""
    kinds: dict[tuple[str, str, str, str, str], list[Case]] = {}
    for case, reason in skipped:
        kinds.setdefault((case.framework, case.model, case.precision, case.device, reason), []).append(case)
    for (*_, reason), cases in kinds.items():
        more = f" ({len(cases)} configurations)" if len(cases) > 1 else ""
        host.skip(config(cases[0]), "unsupported", reason + more)
