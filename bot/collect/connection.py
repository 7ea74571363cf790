"""`Connection`: the HTTP client of one target, with a deadline that holds for a whole answer.

Time limits of HTTP clients count from read to read, so a server that sends one byte now and then is never given up. Here a
timer shuts the socket down when the time is up, whatever is being waited for.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from bot.errors import CollectError
from bot.model.access import Access, Limits


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target listens.

    Attributes:
        base: URL that paths are appended to, without credentials and without a slash at its end.
        place: `host:port`, or the path of a unix socket, for people.
        socket_path: path of the unix socket; empty for TCP.
        user, password: credentials that stood in the URL.
    """

    base: str
    place: str
    socket_path: str = ""
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """The base URL for people: a unix socket by its path."""
        return f"unix:{self.socket_path}" if self.socket_path else self.base


def read_address(url: str) -> Address:
    """Read a target's URL: `http://host:6060`, `https://…`, `unix:///run/shop.sock`, `http+unix://%2Frun%2Fshop.sock`.

    Raises:
        CollectError: it is none of these.

    >>> read_address("http+unix://%2Frun%2Fshop.sock/debug").base, read_address("http://u:secret@10.0.3.7:6060/").base
    ('http://localhost/debug', 'http://10.0.3.7:6060')
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise CollectError("the target's address cannot be read; write http://host:port in the configuration") from error
    path = parts.path.rstrip("/")
    if parts.scheme == "unix" and path:
        return Address("http://localhost", path, path)
    if parts.scheme == "http+unix" and parts.netloc:
        return Address(f"http://localhost{path}", unquote(parts.netloc), unquote(parts.netloc))
    if parts.scheme not in ("http", "https") or not host:
        raise CollectError("the target's address cannot be read; write http://host:port in the configuration")
    name = f"[{host}]" if ":" in host else host
    place = f"{name}:{port or (443 if parts.scheme == 'https' else 80)}"
    authority = name if port is None else f"{name}:{port}"
    base = f"{parts.scheme}://{authority}{path}"
    return Address(base, place, user=unquote(parts.username or ""), password=unquote(parts.password or ""))


class Connection:
    """One target's client, and its one connection.

    The connection is kept open between pulls: a process that runs out of file descriptors may not accept another.

    Attributes:
        address: where it goes.
        client: the client, which follows no redirects, retries nothing and ignores proxy variables of the environment.

    Raises:
        CollectError: the address or the TLS files of `access` cannot be used, or the unix socket is not there.
    """

    def __init__(self, url: str, access: Access, limits: Limits) -> None:
        self.address = read_address(url.rstrip("/").removesuffix(access.pprof_path.rstrip("/")))
        if self.address.socket_path and not Path(self.address.socket_path).exists():
            raise CollectError(f"there is no socket at {self.address.socket_path}; is the service running?")
        user, password = (access.user, access.password) if access.user else (self.address.user, self.address.password)
        headers = {"accept-encoding": "identity", "user-agent": "gocrash"}  # compressing costs the sick process time
        if bearer := access.bearer or _token(access):
            headers["authorization"] = f"Bearer {bearer}"
        self.client = httpx.Client(
            transport=httpx.HTTPTransport(
                verify=_tls(access) if self.address.base.startswith("https:") else False,
                uds=self.address.socket_path or None,
                limits=httpx.Limits(max_connections=1),
            ),
            auth=httpx.BasicAuth(user, password) if user else None,
            headers=headers,
            trust_env=False,
        )
        self._connect_seconds = limits.connect_seconds
        self._expired = threading.Event()
        self._socket: socket.socket | None = None

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[threading.Event]:
        """Shut the connection down when the time is up; the event tells that this happened."""
        self._expired.clear()
        # Before there is a socket, nothing can be shut down: connecting has to give up by itself.
        self.client.timeout = httpx.Timeout(seconds, connect=min(self._connect_seconds, seconds))
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield self._expired
        finally:
            timer.cancel()

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Remember the socket as soon as there is one; httpx calls this as its `trace` extension."""
        if (
            event.startswith("connection.")
            and event.endswith(".complete")
            and hasattr(info.get("return_value"), "get_extra_info")
        ):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._expired.is_set():
                self._cut()

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def _expire(self) -> None:
        self._expired.set()
        self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # SSLSocket's own shutdown() would pull the session from under the reading thread
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _token(access: Access) -> str:
    """Read the token's file; Kubernetes puts a new token there every hour."""
    if access.bearer_file is None:
        return ""
    try:
        return access.bearer_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CollectError(
            f"cannot read the token in {access.bearer_file}; correct auth.bearer_file in the configuration"
        ) from error


def _tls(access: Access) -> ssl.SSLContext | bool:
    try:
        context = ssl.create_default_context(cafile=str(access.tls_ca) if access.tls_ca else None)
        if access.tls_cert:
            context.load_cert_chain(access.tls_cert, access.tls_key)
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(str(path) for path in (access.tls_ca, access.tls_cert, access.tls_key) if path)
        raise CollectError(f"cannot use the TLS files {named}: {error}; correct tls in the configuration") from error
    if not access.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
