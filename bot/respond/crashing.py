"""Crash logs that a crash hook posts (`POST /evidence/<service>`): kept as evidence, diagnosed, told in the service's channel.

A process that has died answers no pprof any more; whatever starts it again can send what it said last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.collect.files import read_files
from bot.config import Config
from bot.diagnose import judge, subject_of
from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.evidence import Bundle, Evidence, Target
from bot.model.incident import Job
from bot.parse.sniff import sniff
from bot.respond import diagnosing
from bot.respond.asking import diagnosis_payload
from bot.respond.context import Commit, Context
from bot.respond.remembered import baseline_of, keep

KIND = "crash"
ACTOR = "crash hook"
INSTANCE = "crash log"


class CrashHook:
    """Takes what was posted, already in a file of its own, and writes a job down for it."""

    def __init__(self, config: Config, store: Store, *, now: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._config = config
        self._store = store
        self._now = now
        self._wake = wake

    def check(self, service: str) -> None:
        """Refuse a service whose crash logs nobody would read.

        Raises:
            UsageError: there is no such service, or it has no channel.
        """
        if not self._config.service(service).channel:
            raise UsageError(f"give `{service}` a `channel` in the configuration: that is where its crash logs are answered")

    def accept(self, service: str, path: Path) -> None:
        """Take over a file. The same content of the same service again changes nothing.

        Raises:
            StoreError: it could not be written down; the file is the caller's again.
        """
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        channel = self._config.service(service).channel
        payload = diagnosis_payload(service, actor=ACTOR, channel=channel) | {"path": str(path)}
        if self._store.queue.accept(f"evidence:{service}:{digest}", kind=KIND, payload=payload, now=self._now()):
            self._wake()
        else:
            path.unlink()


def run(context: Context, job: Job) -> Commit:
    """Carry out the job: keep what was posted, diagnose it, record and answer."""
    service = context.config.service(job.payload["service"])
    kept = context.store.evidence.of_job(job.number) or _kept(context, job)
    Path(job.payload["path"]).unlink(missing_ok=True)
    targets = {piece.target.instance: piece.target for piece in kept if piece.target}
    bundle = Bundle(
        service=service.name,
        taken_at=job.created_at,
        targets=tuple(targets.values()),
        evidence=kept,
        baseline=baseline_of(context, service.name),
    )
    return diagnosing.conclude(context, job, judge(bundle, context.engine, subject_of(service.name, context.config)))


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Say in the service's channel that its crash log could not be read."""
    Path(job.payload["path"]).unlink(missing_ok=True)
    return diagnosing.give_up(context, job, reason)


def _kept(context: Context, job: Job) -> tuple[Evidence, ...]:
    service = job.payload["service"]
    with TemporaryDirectory(prefix="gocrash-") as spool:
        found = read_files([job.payload["path"]], service=service, sniff=sniff, now=job.created_at, spool=Path(spool))
        pieces = [replace(piece, target=Target(service, INSTANCE), source=ACTOR) for piece in found.evidence]
        return tuple(keep(context, job, piece) for piece in pieces)
