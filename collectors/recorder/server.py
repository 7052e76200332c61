"""The recorder's side of the connections: who is there, what they say, when they are gone."""

import contextlib
import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Any

_CREDENTIALS = Struct("3i")  # pid, uid, gid


@dataclass(slots=True)
class Peer:
    """A connected process and the runs that it opened."""

    connection: socket.socket
    received: bytes = b""
    run_ids: set[int] = field(default_factory=set)

    def pid(self, stated: int) -> int:
        """Return the peer's process id as we see it: within a container it states another."""
        if not hasattr(socket, "SO_PEERCRED"):
            return stated
        credentials = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid: int = _CREDENTIALS.unpack(credentials)[0]
        return pid or stated

    def answer(self, message: dict[str, Any]) -> None:
        """Send one message; a peer that is gone or does not listen is not waited for."""
        with contextlib.suppress(OSError):
            self.connection.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")


class Server:
    """The owner's connection, a listening socket for the workloads, and the processes watched for their end."""

    def __init__(self, owner: socket.socket, owner_pid: int, folder: Path) -> None:
        self.address = folder / "recorder.sock"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.address))
        self._listener.listen(64)
        self.owner = Peer(owner)
        owner.settimeout(5.0)
        self._peers = {owner.fileno(): self.owner}
        self._watched: dict[int, int | None] = {}  # pidfd -> run, None for the owner
        self.watch(owner_pid, None)

    def descriptors(self) -> list[int]:
        """Return what to wait on."""
        return [self._listener.fileno(), *self._peers, *self._watched]

    def watch(self, pid: int, run_id: int | None) -> None:
        """Notice when a process ends, also one whose forks keep its connection open."""
        with contextlib.suppress(OSError, AttributeError):  # gone already, or a system without pidfd
            self._watched[os.pidfd_open(pid)] = run_id

    def accept(self) -> None:
        """Let a workload in."""
        connection, _ = self._listener.accept()
        connection.settimeout(5.0)
        self._peers[connection.fileno()] = Peer(connection)

    def hear(self, descriptor: int) -> tuple[Peer, list[dict[str, Any]], bool]:
        """Return (peer, its messages, whether it hung up)."""
        peer = self._peers[descriptor]
        try:
            chunk = peer.connection.recv(1 << 20)
        except OSError:
            chunk = b""
        *lines, peer.received = (peer.received + chunk).split(b"\n")
        if not chunk:
            del self._peers[descriptor]
            peer.connection.close()
        return peer, [json.loads(line) for line in lines], not chunk

    def is_listener(self, descriptor: int) -> bool:
        """Whether somebody knocks."""
        return descriptor == self._listener.fileno()

    def ended(self, descriptor: int) -> tuple[bool, int | None]:
        """Return (whether this is a watched process that ended, its run or None for the owner)."""
        if descriptor not in self._watched:
            return False, None
        os.close(descriptor)
        return True, self._watched.pop(descriptor)

    def forget(self, run_id: int) -> None:
        """Watch the process of a run no more: the run has ended."""
        for descriptor in [found for found, run in self._watched.items() if run == run_id]:
            os.close(descriptor)
            del self._watched[descriptor]

    def close(self) -> None:
        """Stop listening; the owner's connection stays for its last answer."""
        self._listener.close()
        self.address.unlink(missing_ok=True)
