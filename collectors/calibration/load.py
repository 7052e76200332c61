"""Loads that are switched on and off at known moments: child processes that are stopped and continued."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import Protocol

# A child that ends with its parent, even while it is stopped (PR_SET_PDEATHSIG = 1, SIGKILL = 9).
_DIE = "import ctypes; getattr(ctypes.CDLL(None), 'prctl', lambda *_: 0)(1, 9)\n"
_SPIN = _DIE + "print('ready', flush=True)\nwhile True: sum(range(1000))"
_MULTIPLY = (
    _DIE
    + """
import sys, torch
device = f"cuda:{sys.argv[1]}"
left = torch.randn(2048, 2048, device=device, dtype=torch.float16)
torch.cuda.synchronize(device)
print("ready", flush=True)
while True:
    left @ left
    torch.cuda.synchronize(device)
"""
)


class Load(Protocol):
    """Something that makes devices work, on demand."""

    def start(self) -> None:
        """Get ready, without working yet: processes, contexts, memory."""
        ...

    def on(self) -> None:
        """Work from now on."""
        ...

    def off(self) -> None:
        """Rest from now on."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class ChildLoad:
    """One child process per argument list, stopped by SIGSTOP and continued by SIGCONT, within a millisecond."""

    def __init__(self, commands: list[list[str]]) -> None:
        self._commands = commands
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the children and stop each when it is ready. Raises `OSError` if one is not."""
        for command in self._commands:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            self._children.append(child)
            assert child.stdout is not None
            if child.stdout.readline().strip() != b"ready":
                self.close()
                raise OSError("the load did not start")
            os.kill(child.pid, signal.SIGSTOP)

    def on(self) -> None:
        """Continue the children."""
        for child in self._children:
            os.kill(child.pid, signal.SIGCONT)

    def off(self) -> None:
        """Stop the children."""
        for child in self._children:
            os.kill(child.pid, signal.SIGSTOP)

    def close(self) -> None:
        """End the children."""
        for child in self._children:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()
        self._children = []


def cpu_load() -> ChildLoad:
    """Return a load of one spinning process per CPU that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ChildLoad([[sys.executable, "-c", _SPIN]] * usable)


def gpu_load(index: int) -> ChildLoad | None:
    """Return a load of matrix products on one GPU as CUDA counts them; None without torch."""
    if find_spec("torch") is None:
        return None
    return ChildLoad([[sys.executable, "-c", _MULTIPLY, str(index)]])
