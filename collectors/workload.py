"""A command as a child process: its own process group, the terminal lent to it, signals passed on."""

import contextlib
import ctypes
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from collectors.trace.errors import EcoError

_GRACE_VARIABLE = "ECO_GRACE_S"  # seconds from the first signal to SIGKILL
_GRACE_S = 10.0
_PR_SET_PDEATHSIG = 1
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_FORWARDED = (*_STOPPING, signal.SIGUSR1, signal.SIGUSR2)


class Workload:
    """A running command. Signals that we get go to its whole process group while the context is open."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.stopped_by: signal.Signals | None = None
        self._terminal = _foreground_terminal()
        self._former: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Workload":
        for number in _FORWARDED:
            self._former[number] = signal.signal(number, self._forward)
        self._former[signal.SIGALRM] = signal.signal(signal.SIGALRM, lambda *_: self.kill())
        return self

    def __exit__(self, *_: object) -> None:
        signal.alarm(0)
        self._lend_terminal(os.getpgrp())
        for number, former in self._former.items():
            signal.signal(number, former)  # type: ignore[arg-type]

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Start the command and return its process id; it dies with us, and its group is its own.

        Raises `EcoError` when it cannot be started.
        """
        libc = ctypes.CDLL(None)
        linux = platform.system() == "Linux"

        def last_will() -> None:
            if linux:
                libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

        try:
            self.process = subprocess.Popen(
                command, env={**os.environ, **environment}, process_group=0, preexec_fn=last_will
            )
        except OSError as error:
            raise EcoError(
                f"cannot start {command[0]}: {error.strerror}", f"check: command -v {command[0]}"
            ) from error
        self._lend_terminal(self.process.pid)
        if self.stopped_by is not None:  # the signal came before the child did
            os.killpg(self.process.pid, self.stopped_by)
        return self.process.pid

    def wait(self) -> int:
        """Wait for the command and return its exit code as a shell states it: 128 + n for signal n."""
        assert self.process is not None
        pid = self.process.pid
        while True:
            _, status = os.waitpid(pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                break
            self._pause(pid)
        code = os.waitstatus_to_exitcode(status)
        self.process.returncode = code
        return 128 - code if code < 0 else code

    def survivors(self) -> bool:
        """Whether processes of its group outlive the command."""
        if self.process is None:
            return False
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def end_survivors(self, patience_s: float = 2.0) -> None:
        """After we were told to stop: give the rest of the group a moment, then kill it."""
        until = time.monotonic() + patience_s
        while self.survivors() and time.monotonic() < until:
            time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        """Kill the whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        received = signal.Signals(number)
        if received in _STOPPING and self.stopped_by is None:
            self.stopped_by = received
            signal.setitimer(signal.ITIMER_REAL, float(os.environ.get(_GRACE_VARIABLE, _GRACE_S)))
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, received)

    def _pause(self, pid: int) -> None:
        """The user stopped the command (Ctrl-Z): stop too, and take it along when we go on."""
        self._lend_terminal(os.getpgrp())
        os.kill(os.getpid(), signal.SIGSTOP)
        self._lend_terminal(pid)
        os.killpg(pid, signal.SIGCONT)

    def _lend_terminal(self, group: int) -> None:
        if self._terminal is None:
            return
        former = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.tcsetpgrp(self._terminal, group)
        signal.signal(signal.SIGTTOU, former)


def _foreground_terminal() -> int | None:
    """Return the terminal's descriptor when we are in its foreground, so that we may lend it."""
    try:
        descriptor = sys.stdin.fileno()
        return descriptor if os.tcgetpgrp(descriptor) == os.getpgrp() else None
    except (OSError, ValueError, AttributeError):
        return None
