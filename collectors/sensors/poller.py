"""A thread that asks a slow source at its own pace, so that no other sensor waits for it."""

import threading
from collections.abc import Callable
from dataclasses import replace

from collectors.sensors.edge import Edge
from collectors.sensors.sensor import Reading


class Poller:
    """Asks `source` every `period_s`; `read` gives each answer once, with the time at which it came.

    `source` returns None when it has nothing new, and raises `OSError` when it fails; ten failures in a row
    are a device that is gone.
    """

    def __init__(self, edge: Edge, source: Callable[[], Reading | None], period_s: float = 1.0) -> None:
        self._edge, self._source, self._period_s = edge, source, period_s
        self._latest: Reading | None = None
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._failures, self._failure = 0, ""
        self._thread: threading.Thread | None = None

    def read(self) -> Reading:
        """Return the newest answer, an empty reading if it was given before. Raises `OSError` when it is gone."""
        if self._thread is None:  # started by the first read: probing alone must not leave a thread behind
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        with self._lock:
            latest, self._latest = self._latest, None
            if self._failures >= 10:
                raise OSError(self._failure)
        return latest or Reading()

    def close(self) -> None:
        """End the thread at its next turn."""
        self._stop.set()

    def ask(self) -> None:
        """Ask once, now."""
        try:
            answer = self._source()
        except OSError as error:
            with self._lock:
                self._failures, self._failure = self._failures + 1, str(error)
            return
        with self._lock:
            self._failures = 0
            if answer is not None:
                self._latest = replace(answer, sensor_t_ns=self._edge.monotonic_ns())

    def _run(self) -> None:
        while not self._stop.is_set():
            self.ask()
            self._stop.wait(self._period_s)
