"""The job `sample`: a light look at a service. A few values of each instance are kept, the evidence is not.

They make the history by which slow growth is seen before it kills. What such a look finds is told to nobody: it asks for a whole
diagnosis, which then tells of it, or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bot.diagnose import Outcome, diagnose
from bot.facts.samples import Values, sample_values
from bot.model.diagnosis import Finding
from bot.model.evidence import Evidence, Target
from bot.model.incident import Job
from bot.model.policy import severity_of
from bot.model.snapshot import Parsed
from bot.plan import light, plan_of
from bot.respond.asking import diagnosis_payload
from bot.respond.context import Commit, Context
from bot.respond.remembered import history_of

log = structlog.get_logger(__name__)

KIND = "sample"
ACTOR = "gocrash"
MAX_INSTANCES = 50
"""Of one service, whose values are kept: enough to see what all of them do."""
SAY_AGAIN = timedelta(days=1)
"""What was found is not looked into again within this time, whatever people made of it."""
PAUSE = timedelta(hours=1)
"""Between two diagnoses of a service that nobody has asked for."""


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    service = context.config.service(job.payload["service"])
    taken: dict[str, Values] = {}

    def history(targets: Sequence[Target], parsed: Sequence[Parsed]) -> Evidence | None:
        taken.update(sample_values(parsed))
        return history_of(context, service.name, targets, parsed)

    with TemporaryDirectory(prefix="gocrash-") as spool:
        outcome = diagnose(
            service,
            context.engine,
            light(plan_of(service, context.config)),
            now=context.now,
            progress=lambda _step: None,
            history=history,
            spool=Path(spool),
        )
    return lambda: _commit(context, service.name, outcome, taken)


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it, and the next sample comes."""
    return lambda: None


def _commit(context: Context, service: str, outcome: Outcome, taken: dict[str, Values]) -> None:
    """Keep the values, and ask for a diagnosis where they call for one."""
    if not taken:
        reason = next((failure.reason for failure in outcome.bundle.failures), "there is no instance")
        log.info("a light sample got no answer", service=service, reason=reason)
        context.metrics.looks.labels(kind=KIND, outcome="unanswered").inc()
        return
    context.metrics.looks.labels(kind=KIND, outcome="answered").inc()
    kept = {instance: taken[instance] for instance in sorted(taken)[:MAX_INSTANCES]}
    context.store.samples.record(service, kept, taken_at=context.now())
    if calling := [finding for finding in outcome.diagnosis.findings if _calls(context, service, finding)]:
        log.warning("a light sample calls for a diagnosis", service=service, finding=calling[0].summary)
        channel = context.config.service(service).channel
        payload = diagnosis_payload(service, actor=ACTOR, channel=channel, unasked=True)
        context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())


def _calls(context: Context, service: str, finding: Finding) -> bool:
    """Say whether somebody should look: it would open an incident, it is new, and nobody has looked or wants not to hear."""
    store, now = context.store, context.now()
    last = store.queue.last_asked_for("diagnose", service)
    return (
        severity_of(finding.severity, context.config.severities) is not None
        and store.mutes.active(service, now=now) is None
        and (last is None or now - last > PAUSE)
        and not any(store.diagnoses.found_since(print_, service=service, since=now - SAY_AGAIN) for print_ in _prints(finding))
    )


def _prints(finding: Finding) -> Iterator[str]:
    yield finding.fingerprint
    for symptom in finding.symptoms:
        yield from _prints(symptom)
