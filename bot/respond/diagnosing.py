"""The job `diagnose`: one message edited through its stages, an incident where there is something wrong, details in the thread.

What was collected is stored as it comes, so that a job taken up again after a crash goes on from there and never asks a sick
process twice for the same thing. Within the cooldown of a service a new question is answered from what was stored last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.diagnose import Outcome, diagnose, reconsider, with_runbooks
from bot.incidents.incidents import SERVICE_KEY
from bot.model.diagnosis import Diagnosis
from bot.model.evidence import Evidence
from bot.model.incident import SEVERITIES, Incident, Job
from bot.model.message import SlackMessage
from bot.model.policy import severity_of
from bot.model.rule import Severity
from bot.model.units import format_duration
from bot.plan import plan_of
from bot.render.document import document
from bot.render.slack import headline, replies
from bot.render.slack.headline import Situation, Step, StepState
from bot.render.source import source_link
from bot.respond.clicks import actions
from bot.respond.context import Commit, Context
from bot.respond.posting import put_message

# Steps that follow each other faster than this are shown together: Slack takes about one call a second and channel.
EDIT_SECONDS = 1.0


def run(context: Context, job: Job) -> Commit:
    """Carry out the job: diagnose, then record and answer in one transaction."""
    service = context.config.service(job.payload["service"])
    progress = Progress(context, job)
    if recent := _recent(context, job, service.name):
        progress.step("reading the evidence collected a moment ago")
        outcome = reconsider(service, context.engine, plan_of(service, context.config), recent.evidence)
        return _commit(context, job, outcome, recent)
    with TemporaryDirectory(prefix="gocrash-") as spool:
        outcome = diagnose(
            service,
            context.engine,
            plan_of(service, context.config),
            now=context.now,
            progress=progress.step,
            keep=lambda evidence: _keep(context, job, evidence),
            already=context.store.evidence.of_job(job.number),
            spool=Path(spool),
        )

    return _commit(context, job, outcome, _Collected(job.number))


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Turn the headline into what went wrong, with a button to try again."""
    key, service = headline_key(job), job.payload["service"]
    message = headline.failed(
        service, reason=reason, error_id=f"job {job.number}", situation=Situation(), actions=actions(service, key, None)
    )
    return lambda: _put_headline(context, job, message)


def headline_key(job: Job) -> str:
    """Return the key of the message that this job keeps up to date."""
    return str(job.payload["headline"] or f"diagnosis-{job.number}")


@dataclass(frozen=True, slots=True)
class _Collected:
    """Which job collected the evidence of an answer; `evidence` and `note` are empty when it was the one that answers."""

    job: int
    evidence: tuple[Evidence, ...] = ()
    note: str = ""


def _recent(context: Context, job: Job, service: str) -> _Collected | None:
    """Return what another job collected of the service within the cooldown; None when it is to be looked at now."""
    now, cooldown = context.now(), timedelta(seconds=context.config.defaults.cooldown)
    number = context.store.evidence.recent_job(service, since=now - cooldown)
    if number is None or context.store.evidence.of_job(job.number):
        return None
    evidence = context.store.evidence.of_job(number)
    taken_at = max(piece.collected_at for piece in evidence)
    age, again = format_duration(max(0.0, (now - taken_at).total_seconds())), taken_at + cooldown
    return _Collected(number, evidence, f"evidence is {age} old; gocrash looks again from {again:%H:%M:%S} UTC on")


class Progress:
    """Shows how far a diagnosis is: every step is a line in the headline, which is edited at most every `EDIT_SECONDS`."""

    def __init__(self, context: Context, job: Job) -> None:
        self._context = context
        self._job = job
        self._steps: list[Step] = []
        self._started_at = context.now()
        self._shown_at: datetime | None = None

    def step(self, text: str) -> None:
        """Begin a step, which ends the one before."""
        self._steps = [replace(step, state=StepState.DONE) for step in self._steps]
        self._steps.append(Step(text, StepState.RUNNING))
        now = self._context.now()
        if self._shown_at and (now - self._shown_at).total_seconds() < EDIT_SECONDS:
            return
        self._shown_at = now
        message = headline.looking(
            self._job.payload["service"], steps=self._steps, started_at=self._started_at, situation=Situation()
        )
        _put_headline(self._context, self._job, message)


def _keep(context: Context, job: Job, evidence: Evidence) -> Evidence:
    masked, count = context.engine.redactor.data(evidence.read())
    kept = replace(evidence, content=masked, masked=count)
    return context.store.evidence.put(kept, service=job.payload["service"], job=job.number)


def _commit(context: Context, job: Job, outcome: Outcome, collected: _Collected) -> Commit:
    """Return the writes that follow from a diagnosis."""

    def commit() -> None:
        context.metrics.diagnosis_seconds.observe(outcome.diagnosis.duration_seconds)
        first = next(iter(outcome.diagnosis.findings), None)
        context.metrics.diagnoses.labels(failure_class=first.failure_class if first else "none").inc()
        _record(context, job, outcome, collected)

    return commit


def _record(context: Context, job: Job, outcome: Outcome, collected: _Collected) -> None:
    """Write everything down that follows from a diagnosis. Runs inside the transaction that ends the job."""
    now = context.now()
    incident = _incident(context, job, outcome.diagnosis, now)
    diagnosis = _remember(context, outcome, incident)
    number = incident.number if incident else None
    context.store.diagnoses.record(number, diagnosis, document(diagnosis), actor=job.payload["actor"], now=now)
    if incident:
        context.store.evidence.attach(job=collected.job, incident=incident.number)
    key = headline_key(job)
    situation = replace(_situation(context, outcome, diagnosis, incident), notes=(collected.note,) if collected.note else ())
    _put_headline(
        context, job, headline.diagnosed(diagnosis, situation=situation, actions=actions(diagnosis.service, key, incident))
    )
    thread_ts = job.payload["thread_ts"]
    for index, reply in enumerate(replies.details(diagnosis)):
        put_message(
            context,
            f"{key}-detail-{index}",
            reply,
            channel=job.payload["channel"],
            now=now,
            parent_key="" if thread_ts else key,
            thread_ts=thread_ts,
        )


def _incident(context: Context, job: Job, diagnosis: Diagnosis, now: datetime) -> Incident | None:
    """Open or join the service's incident: for an alert always, otherwise when there is a finding of medium or above."""
    alert: Mapping[str, Any] | None = job.payload["alert"]
    worst = min((finding.severity for finding in diagnosis.findings), key=lambda severity: severity.rank, default=Severity.INFO)
    severity = severity_of(worst, context.config.severities)
    if not severity and not alert:
        return None
    incident, _ = context.store.incidents.open_or_join(
        service=diagnosis.service,
        dedup_key=SERVICE_KEY,
        title=diagnosis.verdict if diagnosis.findings else str(alert["title"] if alert else diagnosis.verdict),
        severity=severity or SEVERITIES[-1],
        opened_by=job.payload["actor"],
        now=job.created_at,
        channel=job.payload["channel"],
        thread=job.payload["thread_ts"],
    )
    if alert:
        context.store.timeline.add(
            incident.number,
            kind="alert",
            text=alert["title"],
            actor=alert["source"],
            now=now,
            occurred_at=job.created_at,
            details=alert,
        )
    return incident


def _remember(context: Context, outcome: Outcome, incident: Incident | None) -> Diagnosis:
    """Add what only memory knows: the incident's key, earlier incidents alike, and the runbooks filled in with both."""
    diagnosis = outcome.diagnosis
    similar = {
        finding.fingerprint: context.store.diagnoses.similar(
            finding.fingerprint, service=diagnosis.service, exclude=incident.number if incident else None
        )
        for finding in diagnosis.findings
    }
    remembered = replace(diagnosis, incident=incident.key if incident else None, similar=similar)
    return with_runbooks(remembered, context.engine, targets=outcome.bundle.targets, incident=incident)


def _situation(context: Context, outcome: Outcome, diagnosis: Diagnosis, incident: Incident | None) -> Situation:
    """Return what the headline says beside the diagnosis: the incident, the running version, a link to the culprit's line."""
    revision = next((row.revision for row in outcome.facts.runtime if row.revision), "")
    service = context.config.service(diagnosis.service)
    culprit = diagnosis.findings[0].culprit if diagnosis.findings else None
    url = source_link(culprit, template=service.source_url, revision=revision, modules=service.own_modules) if culprit else ""
    return Situation(incident=incident, version=revision, culprit_url=url)


def _put_headline(context: Context, job: Job, message: SlackMessage) -> None:
    put_message(
        context,
        headline_key(job),
        message,
        channel=job.payload["channel"],
        now=context.now(),
        thread_ts=job.payload["thread_ts"],
    )
