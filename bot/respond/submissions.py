"""The job `submission`: what a person entered in a modal is done, after the permission for it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.model.incident import Incident, Job, Status
from bot.model.units import parse_duration
from bot.render.document import diagnosis_of
from bot.render.slack import modals, notices
from bot.respond import marks
from bot.respond.asking import actor_of, diagnosis_payload
from bot.respond.changing import changed, guarded, reply, tell
from bot.respond.context import Commit, Context


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    return SUBMISSIONS[job.payload["callback_id"]](context, job)


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Tell the person that it could not be done."""
    return lambda: tell(context, job, reason)


def _resolve(context: Context, job: Job) -> Commit:
    incident, text, actor = _incident(context, job), _entered(job, modals.TEXT), actor_of(job)

    def do() -> None:
        now = context.now()
        resolved = context.store.incidents.change_status(incident.number, Status.RESOLVED, text=text, actor=actor, now=now)
        line = f"resolved {incident.key}" + (f": {text}" if text else "")
        changed(context, job, resolved, verb="resolve", actor=actor, line=line)

    return guarded(context, job, "resolve", incident.service, do)


def _severity(context: Context, job: Job) -> Commit:
    incident, severity, actor = _incident(context, job), _entered(job, modals.CHOSEN), actor_of(job)

    def do() -> None:
        if context.store.incidents.get(incident.number).severity == severity:
            return
        now = context.now()
        there = context.store.incidents.set_severity(incident.number, severity, actor=actor, now=now)
        changed(context, job, there, verb="severity", actor=actor, line=f"set the severity of {incident.key} to {severity}")

    return guarded(context, job, "severity", incident.service, do)


def _wrong(context: Context, job: Job) -> Commit:
    metadata, text, actor = _metadata(job), _entered(job, modals.TEXT), actor_of(job)
    answer = context.store.answers.last(metadata["headline"])
    diagnosis = diagnosis_of(answer.document) if answer else None
    finding = (
        next((one for one in diagnosis.findings if one.fingerprint == _entered(job, modals.CHOSEN)), None) if diagnosis else None
    )
    if not (answer and diagnosis and finding):
        return lambda: tell(context, job, "Another look has replaced this diagnosis in the meantime: say it of that one.")

    def do() -> None:
        now = context.now()
        context.store.feedback.give(
            incident=answer.incident,
            service=diagnosis.service,
            playbook=finding.playbook,
            fingerprint=finding.fingerprint,
            text=text,
            actor=actor,
            now=now,
        )
        if answer.incident is not None:
            incident = context.store.incidents.get(answer.incident)
            changed(context, job, incident, verb="wrong", actor=actor, line=f"says that {finding.title!r} is wrong: {text}")

    return guarded(context, job, "note", diagnosis.service, do)


def _mute(context: Context, job: Job) -> Commit:
    service, reason, actor = _metadata(job)["service"], _entered(job, modals.TEXT), actor_of(job)
    seconds = parse_duration(_entered(job, modals.CHOSEN))

    def do() -> None:
        now = context.now()
        context.store.mutes.mute(service, until=now + timedelta(seconds=seconds), reason=reason, actor=actor, now=now)
        opened = context.store.incidents.list_incidents(status="open", service=service)
        for incident in opened:
            changed(context, job, incident, verb="mute", actor=actor, line=f"muted the alerts of {service}: {reason}")
        if not opened:
            reply(context, job, notices.done(f"You muted the alerts of {service}: {reason}"))

    return guarded(context, job, "mute", service, do)


def _full_dump(context: Context, job: Job) -> Commit:
    metadata, actor = _metadata(job), actor_of(job)
    service, key = metadata["service"], metadata["headline"]

    def do() -> None:
        now = context.now()
        there = context.store.outbox.get(key)
        payload = diagnosis_payload(
            service,
            actor=actor,
            channel=there.channel,
            thread_ts=there.thread_ts,
            response_url=job.payload["response_url"],
            headline=key,
        )
        context.store.queue.enqueue(kind="diagnose", payload=payload | {"instance": metadata["instance"], "deep": True}, now=now)
        context.store.audit.record(actor=actor, action="capture", subject=service, allowed=True, reason="", now=now)

    return guarded(context, job, "capture", service, do)


def _note(context: Context, job: Job) -> Commit:
    incident, metadata = context.store.incidents.get(int(_entered(job, modals.CHOSEN))), _metadata(job)
    said = marks.said_of(context, metadata, channel=metadata["channel"])
    return guarded(context, job, "note", incident.service, marks.adding(context, job, incident, said))


SUBMISSIONS: Mapping[str, Callable[[Context, Job], Commit]] = {
    modals.RESOLVE: _resolve,
    modals.SEVERITY: _severity,
    modals.WRONG: _wrong,
    modals.MUTE: _mute,
    modals.FULL_DUMP: _full_dump,
    modals.NOTE: _note,
}


def _metadata(job: Job) -> Mapping[str, Any]:
    found: Mapping[str, Any] = job.payload["metadata"]
    return found


def _entered(job: Job, block: str) -> str:
    return str(job.payload["values"].get(block, "")).strip()


def _incident(context: Context, job: Job) -> Incident:
    return context.store.incidents.get(_metadata(job)["incident"])
