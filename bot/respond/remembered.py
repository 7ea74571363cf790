"""What the store remembers of a service, as evidence: its newest baseline, and what light samples have seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.facts.samples import sample_values, with_sample
from bot.model.evidence import Bundle, Evidence, Kind, Target
from bot.model.incident import Job
from bot.model.snapshot import Parsed
from bot.parse.history import to_matrix
from bot.respond.context import Context

HISTORY = timedelta(hours=30)
"""Slow growth is judged by the last hours; the same time of yesterday tells it from the daily wave."""


def keep(context: Context, job: Job, evidence: Evidence) -> Evidence:
    """Mask the secrets in a piece of evidence, and store it as what the job has collected."""
    with TemporaryDirectory(prefix="gocrash-") as directory:
        masked = context.engine.mask(evidence, Path(directory))
        return context.store.evidence.put(masked, service=job.payload["service"], job=job.number)


def baseline_of(context: Context, service: str) -> Bundle | None:
    """Return the newest baseline of a service; None when there is none, or its evidence is gone."""
    newest = context.store.baselines.newest(service)
    pieces = context.store.evidence.of_job(newest.job) if newest else ()
    there = tuple(piece for piece in pieces if isinstance(piece.content, Path) and piece.content.exists())
    if newest is None or not there:
        return None
    targets = {piece.target.instance: piece.target for piece in there if piece.target}
    return Bundle(service=service, taken_at=newest.taken_at, targets=tuple(targets.values()), evidence=there, routine=True)


def history_of(context: Context, service: str, targets: Sequence[Target], parsed: Sequence[Parsed]) -> Evidence | None:
    """Return the samples of the last hours, continued by what was read just now; None when there are none."""
    now = context.now()
    known = context.store.samples.history(service, since=now - HISTORY)
    if not known:
        return None
    names = {target.instance for target in targets}
    series = with_sample(known, sample_values(parsed), instances=names, at=now.timestamp())
    return Evidence(
        kind=Kind.HISTORY, name="history.json", content=to_matrix(series), source="light samples of this bot", collected_at=now
    )
