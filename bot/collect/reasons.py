"""Why a pull failed, as one phrase for people: an HTTP status or an exception of the client enters, the phrase leaves."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

import httpx

_SHOWN = 120
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\uffff]+")
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def status_reason(status: int, *, missing: str, location: str, body: bytes, credentials: bool) -> str:
    """Say what an HTTP status other than 200 means here; `missing` is what a 404 means, `body` the start of the answer."""
    if status == httpx.codes.NOT_FOUND:
        return f"404: {missing}"
    if status == httpx.codes.UNAUTHORIZED and not credentials:
        return "401: set auth in the configuration"
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return f"{status}: not allowed; check auth in the configuration"
    if 300 <= status < 400:  # noqa: PLR2004 - the redirects
        return f"answered with a redirect to {_place(location)}; not followed"
    return f"{status}: {_first_line(body) or httpx.codes.get_reason_phrase(status) or 'no reason given'}"


def exception_reason(error: Exception, *, place: str, connect_seconds: float) -> str:
    """Say what an exception of the HTTP client means; `place` is `host:port` or the path of a unix socket."""
    phrases = (_cause_phrase(cause, place) for cause in _causes(error))
    if known := next((phrase for phrase in phrases if phrase), ""):
        return known
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection to {place} within {seconds_phrase(connect_seconds)}"
    if isinstance(error, httpx.ProtocolError):
        return _protocol_phrase(str(error), place)
    return f"{place} cannot be asked: {_first_line(str(error).encode()) or type(error).__name__}"


def seconds_phrase(seconds: float) -> str:
    """Write how long was waited, to a tenth of a second.

    >>> [seconds_phrase(seconds) for seconds in (30.0, 3.16667, 0.01)]
    ['30 s', '3.2 s', '0.1 s']
    """
    return f"{max(round(seconds, 1), 0.1):g} s"


def _cause_phrase(cause: BaseException, place: str) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate of {place} is not trusted ({cause.verify_message}); set tls.ca in the configuration"
    if isinstance(cause, ssl.SSLError):
        return f"no TLS with {place} ({cause.reason or cause}); are scheme and port right?"
    if isinstance(cause, socket.gaierror):
        return f"the name of {place} is not known; correct the target in the configuration"
    return _system_phrase(cause.errno, place) if isinstance(cause, OSError) else ""


def _protocol_phrase(message: str, place: str) -> str:
    if "without sending a response" in message:
        return f"{place} closed the connection without an answer"
    if "peer closed" in message:
        return f"{place} closed the connection in the middle of the answer"
    return f"what {place} answered is not HTTP; are scheme and port right?"


def _system_phrase(number: int | None, place: str) -> str:
    if number == errno.ECONNREFUSED:
        return f"connection refused: nothing listens on {place}"
    if number in (errno.EACCES, errno.EPERM):
        return f"no permission to connect to {place}"
    if number in (errno.ECONNRESET, errno.EPIPE):
        return f"{place} reset the connection"
    return f"no route to {place}" if number in _UNREACHABLE else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _place(location: str) -> str:
    """Return where a redirect goes, without credentials and query: those may be secrets."""
    try:
        url = httpx.URL(location)
        shown = str(url.copy_with(userinfo=b"", query=None, fragment=None))
    except httpx.InvalidURL:
        shown = location
    return _first_line(shown.encode()) or "nowhere"


def _first_line(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return ""
    return " ".join(_UNPRINTABLE.sub(" ", text.split("\n", 1)[0]).split())[:_SHOWN]
