"""A line of JSON messages between a workload and its recorder."""

import json
import socket
import sys
from typing import Any

ADDRESS_VARIABLE = "ECO_RECORDER"  # the socket of the recorder that is around
RUN_VARIABLE = "ECO_RUN"  # the run that `eco-collect run` opened

_PATIENCE_S = 10.0


class Channel:
    """A connected socket, or none. Without a recorder every call returns at once, and nothing is raised."""

    def __init__(self, connection: socket.socket | None) -> None:
        self._socket = connection
        self._received = b""
        if connection is not None:
            connection.settimeout(_PATIENCE_S)

    @property
    def lost(self) -> bool:
        """Whether the recorder is gone."""
        return self._socket is None

    def send(self, message: dict[str, Any]) -> None:
        """Send one message; no answer comes."""
        if self._socket is None:
            return
        try:
            self._socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            self._lose(error)

    def ask(self, message: dict[str, Any], patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        """Send one message and return its answer; empty when the recorder is gone."""
        self.send(message)
        return self.receive(patience_s)

    def receive(self, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        """Return the next message; empty when the recorder is gone or silent for longer than `patience_s`."""
        while b"\n" not in self._received:
            if self._socket is None:
                return {}
            try:
                self._socket.settimeout(patience_s)
                chunk = self._socket.recv(65536)
            except OSError as error:
                self._lose(error)
                return {}
            if not chunk:
                self._lose(ConnectionResetError("it ended"))
                return {}
            self._received += chunk
        line, self._received = self._received.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _lose(self, error: OSError) -> None:
        self.close()
        print(
            f"eco-collect: the recorder is gone ({error}); the workload goes on unrecorded", file=sys.stderr
        )


def connect(address: str) -> Channel | None:
    """Return a channel to the recorder listening at a socket path; None when nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        return None
    return Channel(connection)
