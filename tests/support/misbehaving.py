"""A server that answers each request with whatever bytes a test tells it to: the stand-in for sick and strange targets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MAX_CONNECTIONS = 50
REQUEST_BYTES = 65536
PATIENCE_SECONDS = 20.0

Reply = Callable[[socket.socket, bytes], None]


def http_answer(body: bytes, *, status: str = "200 OK", **headers: str) -> bytes:
    """The bytes of an HTTP answer; underscores in header names become dashes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(answer: bytes) -> Reply:
    """Send the same bytes to every request."""
    return lambda connection, _request: connection.sendall(answer)


@dataclass
class Misbehaving:
    """Accepts connections until it is closed; `reply` is called with each request. Counts what it saw."""

    reply: Reply
    socket_path: Path | None = None
    context: ssl.SSLContext | None = None
    most: int = MAX_CONNECTIONS
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.socket_path:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.socket_path))
        else:
            self._listener = socket.socket()
            self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(8)
        self._listener.settimeout(PATIENCE_SECONDS)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Base URL."""
        if self.socket_path:
            return f"unix://{self.socket_path}"
        return f"{'https' if self.context else 'http'}://{self.place}"

    @property
    def place(self) -> str:
        """`host:port`."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        """Stop accepting, and wait for the threads."""
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        for _ in range(self.most):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        raw.settimeout(PATIENCE_SECONDS)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            stack.enter_context(raw)
            connection = stack.enter_context(self.context.wrap_socket(raw, server_side=True)) if self.context else raw
            while request := connection.recv(REQUEST_BYTES):
                self.requests.append(request)
                self.reply(connection, request)
