"""Loads that are switched on and off at known moments: child processes that are stopped and continued."""

import contextlib
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import Protocol

from collectors.trace.errors import EcoError
from collectors.workloads.machine_limits import cores_count

# A child that ends with its parent, even while it is stopped (PR_SET_PDEATHSIG = 1, SIGKILL = 9). It says "ready"
# when it has its context and waits; on a line it fills its memory, says "filled", and works from then on.
_DIE = "import ctypes; getattr(ctypes.CDLL(None), 'prctl', lambda *_: 0)(1, 9)\n"
_FILL_BYTES = 1 << 27  # of main memory, for each process
_SPIN = _DIE + (
    "print('ready', flush=True); input()\n"
    f"held = bytearray(b'x') * {_FILL_BYTES}\n"
    "print('filled', flush=True)\n"
    "while True: sum(range(1000))"
)
_MULTIPLY = (
    _DIE
    + """
import sys, torch
device = f"cuda:{sys.argv[1]}"
torch.zeros(1, device=device)
torch.cuda.synchronize(device)
print("ready", flush=True)
input()
free_bytes, _ = torch.cuda.mem_get_info(device)
held = torch.ones(free_bytes // 2, dtype=torch.uint8, device=device)
left = torch.randn(2048, 2048, device=device, dtype=torch.float16)
torch.cuda.synchronize(device)
print("filled", flush=True)
while True:
    left @ left
    torch.cuda.synchronize(device)
"""
)


class Load(Protocol):
    """Something that makes devices work, on demand."""

    def start(self) -> None:
        """Get ready, without working yet: processes and contexts. Raises `EcoError` where that fails."""
        ...

    def fill(self) -> None:
        """Fill memory as a loaded model does, still without working. Raises `EcoError` where that fails."""
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
        """Start the children; each waits when it is ready."""
        for command in self._commands:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
            self._children.append(child)
            self._expect(child, b"ready")

    def fill(self) -> None:
        """Let the children fill their memory, and stop each when it has."""
        for child in self._children:
            assert child.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(b"\n")
                child.stdin.flush()
            self._expect(child, b"filled")
            os.kill(child.pid, signal.SIGSTOP)

    def _expect(self, child: "subprocess.Popen[bytes]", word: bytes) -> None:
        assert child.stdout is not None
        if child.stdout.readline().strip() != word:
            self.close()
            raise EcoError(
                f"the load that calibration needs did not get {word.decode()}", "see what it printed above"
            )

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
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()
        self._children = []


def cpu_load() -> ChildLoad:
    """Return a load of one spinning process per CPU that this process may use."""
    return ChildLoad([[sys.executable, "-c", _SPIN]] * cores_count())


def gpu_load(index: int) -> ChildLoad | None:
    """Return a load of matrix products on one GPU as CUDA counts them; None without torch."""
    if find_spec("torch") is None:
        return None
    return ChildLoad([[sys.executable, "-c", _MULTIPLY, str(index)]])
