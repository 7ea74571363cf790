"""The job `recheck`: a look after an incident was mitigated or resolved, which says in numbers whether it has recovered.

A service that is well after its incident was resolved is, at that moment, also the baseline of what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.diagnose import Outcome, diagnose
from bot.model.diagnosis import Diagnosis
from bot.model.incident import Incident, Job, Status
from bot.model.policy import severity_of
from bot.model.recovery import Recovery
from bot.plan import plan_of
from bot.render import recovery as words
from bot.render.document import document
from bot.render.slack.recovery import checked
from bot.respond.baselining import record_if_well
from bot.respond.context import Commit, Context
from bot.respond.posting import put_in_thread
from bot.respond.remembered import baseline_of, history_of, keep
from bot.respond.sampling import ACTOR
from bot.rules.recovery import recoveries

KIND = "recheck"
DONE = (Status.MITIGATED, Status.RESOLVED)


def run(context: Context, job: Job) -> Commit:
    """Carry out the job, unless people have gone back to work on the incident meanwhile."""
    incident = context.store.incidents.get(job.payload["incident"])
    if incident.status not in DONE:
        return lambda: None
    service = context.config.service(job.payload["service"])
    since = datetime.fromisoformat(job.payload["since"])
    with TemporaryDirectory(prefix="gocrash-") as spool:
        outcome = diagnose(
            service,
            context.engine,
            plan_of(service, context.config),
            now=context.now,
            progress=lambda _step: None,
            keep=lambda evidence: keep(context, job, evidence),
            already=context.store.evidence.of_job(job.number),
            history=lambda targets, parsed: history_of(context, service.name, targets, parsed),
            baseline=baseline_of(context, service.name),
            spool=Path(spool),
        )
    earlier = context.store.checks.found_before(incident.number, at=since)
    recovered = recoveries(earlier, outcome.diagnosis, outcome.facts, playbooks=context.engine.playbooks, since=since)
    return lambda: _commit(context, job, incident, outcome, recovered)


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Write into the timeline that nobody looked, so that people do not wait for it."""
    text = f"could not look again: {reason}"
    return lambda: _note(context, job.payload["incident"], text, ())


def _commit(context: Context, job: Job, incident: Incident, outcome: Outcome, recovered: Sequence[Recovery]) -> None:
    now = context.now()
    diagnosis = replace(outcome.diagnosis, incident=incident.key, recovered=tuple(recovered))
    context.store.evidence.attach(job=job.number, incident=incident.number)
    context.store.diagnoses.record(
        incident.number,
        diagnosis,
        document(diagnosis),
        actor=ACTOR,
        now=now,
        job=job.number,
        collected_by=job.number,
        permalink=incident.permalink,
    )
    new = _new(context, diagnosis, recovered)
    said = words.sentence(incident, recovered, diagnosis)
    _note(context, incident.number, "; ".join((said, *words.lines(recovered), *new)), recovered)
    put_in_thread(context, incident, f"check-{job.number}", checked(incident, recovered, diagnosis, new=new), now=now)
    context.metrics.looks.labels(kind=KIND, outcome=words.SAID[words.verdict(recovered)]).inc()
    if incident.status is Status.RESOLVED:
        record_if_well(context, job, outcome)


def _note(context: Context, incident: int, text: str, recovered: Sequence[Recovery]) -> None:
    details = {"recovered": words.recovered_document(recovered)}
    context.store.checks.add(incident, text=text, actor=ACTOR, now=context.now(), details=details)


def _new(context: Context, diagnosis: Diagnosis, recovered: Sequence[Recovery]) -> list[str]:
    """Return what is wrong now and was not before."""
    known = {recovery.fingerprint for recovery in recovered}
    return [
        f"new: {finding.summary}"
        for finding in diagnosis.findings
        if finding.fingerprint not in known and severity_of(finding.severity, context.config.severities)
    ]
