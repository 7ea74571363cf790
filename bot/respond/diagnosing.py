"""The job `diagnose`: one message edited through its stages, an incident where there is something wrong, details in the thread.

What was collected is stored as it comes, so that a job taken up again after a crash goes on from there and never asks a sick
process twice for the same thing. Within the cooldown of a service a new question is answered from what was stored last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from bot.config import Service
from bot.diagnose import Outcome, diagnose, reconsider, with_runbooks
from bot.incidents.incidents import SERVICE_KEY
from bot.model.diagnosis import Diagnosis
from bot.model.evidence import Evidence
from bot.model.incident import SEVERITIES, Incident, Job
from bot.model.message import SlackMessage
from bot.model.policy import severity_of
from bot.model.rule import Severity
from bot.plan import Plan, plan_of
from bot.render.document import document
from bot.render.slack import headline, replies
from bot.render.slack.headline import Situation, Step, StepState
from bot.render.slack.replies import Exhibits
from bot.respond import grouping, headlines, locating
from bot.respond.context import Commit, Context
from bot.respond.exhibits import exhibits_of
from bot.respond.posting import put_message
from bot.respond.remembered import baseline_of, history_of, keep

log = structlog.get_logger(__name__)

# Steps that follow each other faster than this are shown together: Slack takes about one call a second and channel.
EDIT_SECONDS = 1.0


def run(context: Context, job: Job) -> Commit:
    """Carry out the job: diagnose, then record and answer in one transaction."""
    service, job = context.config.service(job.payload["service"]), _placed(context, job)
    progress, baseline = Progress(context, job), baseline_of(context, service.name)
    plan = _plan(context, job, service)
    if recent := _recent(context, job, service.name):
        progress.step("reading the evidence collected a moment ago")
        outcome = reconsider(service, context.engine, plan, recent.evidence, baseline=baseline)
        return _commit(context, job, outcome, recent)
    with TemporaryDirectory(prefix="gocrash-") as spool:
        outcome = diagnose(
            service,
            context.engine,
            plan,
            now=context.now,
            progress=progress.step,
            keep=lambda evidence: keep(context, job, evidence),
            already=context.store.evidence.of_job(job.number),
            history=lambda targets, parsed: history_of(context, service.name, targets, parsed),
            baseline=baseline,
            spool=Path(spool),
        )

    return conclude(context, job, outcome)


def conclude(context: Context, job: Job, outcome: Outcome) -> Commit:
    """Return the writes that follow from a diagnosis that was made from what its own job collected."""
    return _commit(context, job, outcome, _Collected(job.number))


def _plan(context: Context, job: Job, service: Service) -> Plan:
    """Return what is collected, with what the person wished for."""
    plan, wished = plan_of(service, context.config), job.payload
    return replace(
        plan,
        instance=wished.get("instance", ""),
        since_seconds=wished.get("since_seconds") or plan.since_seconds,
        max_freeze_seconds=None if wished.get("deep") else plan.max_freeze_seconds,
    )


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Turn the headline into what went wrong, with a button to try again; say nothing to those who have not asked."""
    if _is_unasked(job):
        return lambda: None
    key, service = headline_key(job), job.payload["service"]
    message = headline.failed(
        service, reason=reason, error_id=f"job {job.number}", situation=Situation(), actions=[headlines.rerun(service, key)]
    )
    return lambda: _put_headline(context, job, message)


def _is_unasked(job: Job) -> bool:
    return bool(job.payload.get("unasked"))


def _placed(context: Context, job: Job) -> Job:
    """Let what nobody asked for be told in the thread of the service's open incident, where there is one."""
    service = job.payload["service"]
    incidents = context.store.incidents.list_incidents(status="open", service=service, limit=1) if _is_unasked(job) else ()
    for incident in incidents:
        if incident.channel:
            thread_ts = incident.thread or context.store.outbox.get(incident.headline).ts
            return replace(job, payload={**job.payload, "channel": incident.channel, "thread_ts": thread_ts})
    return job


def headline_key(job: Job) -> str:
    """Return the key of the message that this job keeps up to date."""
    return str(job.payload["headline"] or f"diagnosis-{job.number}")


@dataclass(frozen=True, slots=True)
class _Collected:
    """Which job collected the evidence of an answer; `evidence` is empty when it was the one that answers."""

    job: int
    evidence: tuple[Evidence, ...] = ()


def _recent(context: Context, job: Job, service: str) -> _Collected | None:
    """Return what another job collected of the service within the cooldown; None when it is to be looked at now.

    Whoever wishes for one instance, a time or a full dump wishes for another look.
    """
    if any(job.payload.get(wish) for wish in ("instance", "since_seconds", "deep")):
        return None
    since = context.now() - timedelta(seconds=context.config.defaults.cooldown)
    number = context.store.evidence.recent_job(service, since=since)
    if number is None or context.store.evidence.of_job(job.number):
        return None
    return _Collected(number, context.store.evidence.of_job(number))


class Progress:
    """Shows how far a diagnosis is: every step is a line in the headline, which is edited at most every `EDIT_SECONDS`."""

    def __init__(self, context: Context, job: Job) -> None:
        self._context = context
        self._job = job
        self._steps: list[Step] = []
        self._started_at = context.now()
        self._shown_at: datetime | None = None

    def step(self, text: str) -> None:
        """Begin a step, which ends the one before; nobody sees it who has not asked."""
        if _is_unasked(self._job):
            return
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


def _commit(context: Context, job: Job, outcome: Outcome, collected: _Collected) -> Commit:
    """Return the writes that follow from a diagnosis."""
    exhibits = exhibits_of(outcome, context.engine) if job.payload["channel"] else replies.NO_EXHIBITS

    def commit() -> None:
        context.metrics.diagnosis_seconds.observe(outcome.diagnosis.duration_seconds)
        first = next(iter(outcome.diagnosis.findings), None)
        context.metrics.diagnoses.labels(failure_class=first.failure_class if first else "none").inc()
        _record(context, job, outcome, collected, exhibits)

    return commit


def _record(context: Context, job: Job, outcome: Outcome, collected: _Collected, exhibits: Exhibits) -> None:
    """Write everything down that follows from a diagnosis. Runs inside the transaction that ends the job."""
    now, key = context.now(), headline_key(job)
    incident = _incident(context, job, outcome.diagnosis, now)
    diagnosis = _remember(context, outcome, incident)
    number = incident.number if incident else None
    told = bool(job.payload["channel"]) and (incident is not None or not _is_unasked(job))
    context.store.diagnoses.record(
        number,
        diagnosis,
        document(diagnosis),
        actor=job.payload["actor"],
        now=now,
        job=job.number,
        collected_by=collected.job,
        permalink=incident.permalink if incident else "",
        headline=key if told else "",
    )
    answer = context.store.answers.last(key)
    if answer:
        _put_headline(context, job, headlines.message(context, answer))
    if incident:
        context.store.evidence.attach(job=collected.job, incident=incident.number)
        headlines.refresh(context, incident)
    if not told:
        log.info("a diagnosis that nobody has asked for", service=diagnosis.service, verdict=diagnosis.verdict)
        return
    _put_details(context, job, replies.details(diagnosis, exhibits=exhibits), now)


def _put_details(context: Context, job: Job, details: Sequence[SlackMessage], now: datetime) -> None:
    """Put the replies of a diagnosis into the thread of its headline; those of an earlier look take the new words."""
    key, thread_ts = headline_key(job), job.payload["thread_ts"]
    outdated = [replies.outdated()] * (replies.MOST_DETAILS - len(details))
    for index, reply in enumerate((*details, *outdated)):
        if index < len(details) or context.store.outbox.holds(f"{key}-detail-{index}"):
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
    if diagnosis.service not in context.config.services:
        # A log of nobody knows which service: there is nothing that could be worked on.
        return None
    alert: Mapping[str, Any] | None = job.payload["alert"]
    worst = min((finding.severity for finding in diagnosis.findings), key=lambda severity: severity.rank, default=Severity.INFO)
    severity = severity_of(worst, context.config.severities)
    if not severity and not alert:
        # A look that finds nothing says something about the incident that is open.
        return None if _is_unasked(job) else _open_incident(context, diagnosis.service)
    incident, _ = context.store.incidents.open_or_join(
        service=diagnosis.service,
        dedup_key=SERVICE_KEY,
        title=diagnosis.verdict if diagnosis.findings else str(alert["title"] if alert else diagnosis.verdict),
        severity=severity or SEVERITIES[-1],
        opened_by=job.payload["actor"],
        now=job.created_at,
    )
    if not incident.channel and job.payload["channel"]:
        channel, thread = job.payload["channel"], job.payload["thread_ts"]
        incident = context.store.incidents.set_thread(incident.number, channel=channel, thread=thread, headline=headline_key(job))
        locating.ask(context, incident.number, since=now)
    grouping.attach(context, incident, headline_key(job))
    return incident


def _open_incident(context: Context, service: str) -> Incident | None:
    open_ones = context.store.incidents.list_incidents(status="open", service=service)
    return next((incident for incident in open_ones if incident.dedup_key == SERVICE_KEY), None)


def _remember(context: Context, outcome: Outcome, incident: Incident | None) -> Diagnosis:
    """Add what only memory knows: the incident's key, earlier incidents alike, and the runbooks filled in with both."""
    diagnosis = outcome.diagnosis
    similar = {
        finding.fingerprint: context.store.diagnoses.similar(
            finding.fingerprint, service=diagnosis.service, exclude=incident.number if incident else None
        )
        for finding in diagnosis.findings
    }
    times = {
        finding.fingerprint: context.store.diagnoses.times_seen(
            finding.fingerprint, service=diagnosis.service, exclude=incident.number if incident else None
        )
        for finding in diagnosis.findings
    }
    remembered = replace(diagnosis, incident=incident.key if incident else None, similar=similar, times_seen=times)
    return with_runbooks(remembered, context.engine, targets=outcome.bundle.targets, incident=incident)


def _put_headline(context: Context, job: Job, message: SlackMessage) -> None:
    put_message(
        context,
        headline_key(job),
        message,
        channel=job.payload["channel"],
        now=context.now(),
        thread_ts=job.payload["thread_ts"],
        response_url=job.payload["response_url"],
    )
