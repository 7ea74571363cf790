"""The job `baseline`: a picture of a service while it is well, which later answers are compared with.

It is taken from what freezes nothing, and it counts only when every instance answered and nothing was found.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bot.diagnose import Outcome, diagnose
from bot.model.incident import Job
from bot.model.policy import severity_of
from bot.plan import cheap, plan_of
from bot.respond.context import Commit, Context
from bot.respond.remembered import baseline_of, history_of, keep

log = structlog.get_logger(__name__)

KIND = "baseline"


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    service = context.config.service(job.payload["service"])
    with TemporaryDirectory(prefix="gocrash-") as spool:
        outcome = diagnose(
            service,
            context.engine,
            cheap(plan_of(service, context.config)),
            now=context.now,
            progress=lambda _step: None,
            keep=lambda evidence: keep(context, job, evidence),
            already=context.store.evidence.of_job(job.number),
            history=lambda targets, parsed: history_of(context, service.name, targets, parsed),
            baseline=baseline_of(context, service.name),
            spool=Path(spool),
        )
    return lambda: _commit(context, job, outcome)


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it, and the old baseline stays."""
    return lambda: None


def record_if_well(context: Context, job: Job, outcome: Outcome) -> bool:
    """Let what the job has collected be the service's baseline if it is well; say whether it is."""
    well = is_well(context, outcome)
    if well:
        context.store.baselines.record(outcome.bundle.service, job=job.number, taken_at=outcome.bundle.taken_at)
    return well


def is_well(context: Context, outcome: Outcome) -> bool:
    """Say whether every instance answered, nothing was cut short, and nothing was found that would open an incident."""
    answered = {piece.instance for piece in outcome.bundle.evidence}
    targets = {target.instance for target in outcome.bundle.targets}
    findings = outcome.diagnosis.findings
    return (
        bool(targets)
        and targets <= answered
        and not any(failure.overdue for failure in outcome.bundle.failures)
        and not any(severity_of(finding.severity, context.config.severities) for finding in findings)
    )


def _commit(context: Context, job: Job, outcome: Outcome) -> None:
    well = record_if_well(context, job, outcome)
    context.metrics.looks.labels(kind=KIND, outcome="healthy" if well else "not healthy").inc()
    if not well:
        log.info("no baseline: the service is not well", service=outcome.bundle.service, verdict=outcome.diagnosis.verdict)
