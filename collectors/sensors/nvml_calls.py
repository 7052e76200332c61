"""The calls to one NVML device, each of which may be unsupported, denied, or refused for a moment."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

_VALUE_NAMES = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")  # by valueType


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field of a batch, with the driver's time stamp [µs since the epoch], None where it gives none."""

    value: float
    timestamp_us: int | None


class NvmlCalls:
    """Asks one device. `refused` holds what failed at the first asking and is asked no more, with the reason.

    A failure of something that worked before is passing (polling below 50 ms can meet NotSupported) and gives
    None. A device that is gone raises `OSError`.
    """

    def __init__(self, nvml: ModuleType, handle: object) -> None:
        self._nvml, self._handle = nvml, handle
        self._worked: set[tuple[object, ...]] = set()
        self.refused: dict[tuple[object, ...], str] = {}

    def ask(self, function: str, *arguments: object) -> Any:
        """Return what `function(handle, *arguments)` returns, None where it is refused."""
        return self._ask((function, *arguments), function, arguments)

    def ask_since(self, function: str, since_us: int) -> Any:
        """Return what has been sampled since a time, None where it is refused, or nothing was.

        The time is no part of what is remembered: that would grow with the recording.
        """
        self._worked.add((function,))  # "not found" says that nothing ran, not that it never will
        return self._ask((function,), function, (since_us,))

    def _ask(self, key: tuple[object, ...], function: str, arguments: tuple[object, ...]) -> Any:
        if key in self.refused:
            return None
        call = getattr(self._nvml, function, None)
        if call is None:
            self.refused[key] = "this NVML library does not have it"
            return None
        try:
            answer = call(self._handle, *arguments)
        except self._nvml.NVMLError as error:
            self._judge(key, error)
            return None
        self._worked.add(key)
        return answer

    def fields(self, ids: tuple[tuple[int, int], ...]) -> list[FieldValue | None]:
        """Return the values of (field id, scope) in one call, each None unless its own status is good."""
        answer = self.ask("nvmlDeviceGetFieldValues", ids) if ids else None
        if answer is None:
            return [None] * len(ids)
        return [self._field(entry) for entry in answer]

    def _field(self, entry: Any) -> FieldValue | None:
        if entry.nvmlReturn != self._nvml.NVML_SUCCESS or entry.valueType >= len(_VALUE_NAMES):
            return None
        return FieldValue(getattr(entry.value, _VALUE_NAMES[entry.valueType]), entry.timestamp or None)

    def _judge(self, key: tuple[object, ...], error: Exception) -> None:
        nvml = self._nvml
        code = getattr(error, "value", None)
        if code in (
            nvml.NVML_ERROR_GPU_IS_LOST,
            nvml.NVML_ERROR_RESET_REQUIRED,
            nvml.NVML_ERROR_UNINITIALIZED,
        ):
            raise OSError(f"the GPU is gone: {error}") from error
        if key not in self._worked:
            self.refused[key] = str(error)
