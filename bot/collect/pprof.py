"""One pull over HTTP: what to ask for enters, an `Answer` or a `Refusal` leaves; bounded in bytes and in time, never retried."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bot.collect.connection import Connection
from bot.collect.reasons import exception_reason, seconds_phrase, status_reason
from bot.collect.spool import Spool
from bot.model.access import Limits
from bot.model.evidence import Kind

PROTO_STARTS = (b"\x1f\x8b", b"\x0a")
"""A gzipped profile, or a bare one (which starts with the field `sample_type`)."""

_HEAD_BYTES = 2048
_PIECE_BYTES = 1 << 20
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")


@dataclass(frozen=True, slots=True)
class Ask:
    """What to pull.

    Attributes:
        kind: what it is evidence of.
        name: its file name in a bundle.
        path: path and query, from the target's base URL on.
        starts: what the answer must start with, any of these; empty when anything may come.
        missing: what a 404 means here.
        noun: what was wanted, for people.
        may_be_empty: an answer without a body is one, too.
        page: an HTML page is what was asked for, not what a login or a proxy put in its place.
    """

    kind: Kind
    name: str
    path: str
    starts: tuple[bytes, ...] = ()
    missing: str = "no pprof here; is net/http/pprof mounted?"
    noun: str = "profile"
    may_be_empty: bool = False
    page: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the bytes, or the file they were spooled to; from where, without credentials; and how long it took."""

    content: bytes | Path
    source: str
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing came.

    Attributes:
        reason: one phrase for people.
        unreachable: no connection came about: asking for something else is pointless.
        late: the deadline passed.
        other_form: the server is there and knows the profile, but would not give it in this form.
        missing: the server is there, but has nothing at this path.
    """

    reason: str
    unreachable: bool = False
    late: bool = False
    other_form: bool = False
    missing: bool = False


def pull(connection: Connection, ask: Ask, *, limits: Limits, directory: Path | None = None) -> Answer | Refusal:
    """Pull once, within the deadline and before the limits' `due_at`. Large answers are spooled to a file in `directory`."""
    started = time.monotonic()
    if started >= limits.due_at:
        return Refusal("not asked: no time was left for it", late=True)
    limits = replace(limits, deadline_seconds=min(limits.deadline_seconds, limits.due_at - started))
    spool = Spool(directory)
    with connection.deadline(limits.deadline_seconds) as expired:
        try:
            refusal = _receive(connection, ask, limits=limits, spool=spool)
        except (httpx.HTTPError, httpx.InvalidURL, zlib.error, OSError) as error:
            refusal = _failed(error, connection, limits)
        late = expired.is_set() or (refusal is not None and refusal.late)
    if late:
        came = f"only {spool.size} bytes came" if spool.size else "no answer"
        refusal = Refusal(f"{came} within {seconds_phrase(limits.deadline_seconds)}", late=True)
    if refusal is not None:
        spool.discard()
        return refusal
    return Answer(spool.content(), connection.address.shown + ask.path, time.monotonic() - started)


def _receive(connection: Connection, ask: Ask, *, limits: Limits, spool: Spool) -> Refusal | None:
    """Stream the answer into the spool; return why it is not to be used, None when it is."""
    url = connection.address.base + ask.path
    with connection.client.stream("GET", url, extensions={"trace": connection.watch}) as response:
        if response.status_code != httpx.codes.OK:
            return _turned_down(response, ask)
        if not ask.page and response.headers.get("content-type", "").lower().startswith("text/html"):
            return _not_wanted("an HTML page", ask)
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            return _not_wanted(f"an answer encoded as {encoding[:20]}", ask)
        head = b""
        for received, piece in _pieces(response, unzip=encoding == "gzip"):
            if max(received, spool.size + len(piece)) > limits.max_bytes:
                return Refusal(f"more than {limits.max_bytes / 1e6:g} MB; stopped reading")
            spool.write(piece)
            head += piece[: _HEAD_BYTES - len(head)]
    return _judged(head, ask)


def _pieces(response: httpx.Response, *, unzip: bool) -> Iterator[tuple[int, bytes]]:
    """Yield the bytes received so far and the next decoded piece, none of them much larger than a mebibyte."""
    received = 0
    unzipper = zlib.decompressobj(wbits=31) if unzip else None
    for raw in response.iter_raw():
        received += len(raw)
        if unzipper is None:
            yield received, raw
            continue
        rest = raw
        while rest:
            yield received, unzipper.decompress(rest, _PIECE_BYTES)
            rest = unzipper.unconsumed_tail


def _judged(head: bytes, ask: Ask) -> Refusal | None:
    if not head:
        return None if ask.may_be_empty else Refusal("answered with nothing", other_form=True)
    if not ask.page and head.lstrip()[:16].lower().startswith(_HTML_STARTS):
        return _not_wanted("an HTML page", ask)
    if ask.starts and not head.startswith(ask.starts):
        return _not_wanted("JSON" if head.lstrip()[:1] in (b"{", b"[") else "something else", ask)
    return None


def _not_wanted(what: str, ask: Ask) -> Refusal:
    return Refusal(f"answered with {what}, not a {ask.noun}", other_form=True)


def _turned_down(response: httpx.Response, ask: Ask) -> Refusal:
    status = response.status_code
    body = b""
    if status >= httpx.codes.BAD_REQUEST and "content-encoding" not in response.headers:
        for raw in response.iter_raw(_HEAD_BYTES):
            body = raw
            break
    reason = status_reason(
        status,
        missing=ask.missing,
        location=response.headers.get("location", ""),
        body=body,
        credentials="authorization" in response.request.headers,
    )
    final = status in (httpx.codes.NOT_FOUND, httpx.codes.UNAUTHORIZED) or status < httpx.codes.BAD_REQUEST
    return Refusal(reason, other_form=not final, missing=status == httpx.codes.NOT_FOUND)


def _failed(error: Exception, connection: Connection, limits: Limits) -> Refusal:
    if isinstance(error, zlib.error):
        return Refusal("answered with damaged gzip data")
    reason = exception_reason(
        error, place=connection.address.place, connect_seconds=min(limits.connect_seconds, limits.deadline_seconds)
    )
    late = isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout)
    return Refusal(reason, unreachable=isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)), late=late)
