"""The job `prune`: what is too old or too much goes, once a day."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.model.incident import Job
from bot.respond import baselining, sampling
from bot.respond.context import Commit, Context

log = structlog.get_logger(__name__)

KIND = "prune"
SAMPLES = timedelta(days=7)
"""How long the values of light samples are kept, and the jobs that took them."""


def run(context: Context, _job: Job) -> Commit:
    """Carry out the job. It writes as it goes: taking things away twice is as good as once."""
    now, retention = context.now(), context.config.retention
    pruned = context.store.retention.prune(
        older_than=timedelta(seconds=retention.evidence), max_bytes=retention.evidence_max, now=now
    )
    values = context.store.samples.forget(before=now - SAMPLES)
    for kind in (sampling.KIND, baselining.KIND, KIND):
        context.store.queue.forget(kind, before=now - SAMPLES)
    log.info("pruned", evidence=pruned.pieces, bytes=pruned.bytes, bytes_left=pruned.bytes_left, samples=values)
    return lambda: None


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: the log has it, and tomorrow is another day."""
    return lambda: None
