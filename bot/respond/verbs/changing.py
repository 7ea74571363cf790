"""Verbs that change an incident: each asks who may, is one transaction with its timeline event, and is told in the thread."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import UsageError
from bot.incidents.incidents import SERVICE_KEY
from bot.model.incident import SEVERITIES, Incident, Status
from bot.model.units import format_duration, parse_duration
from bot.respond.context import Commit
from bot.respond.verbs.looking import nearest_services
from bot.respond.verbs.request import Request, split_word

DEFAULT_SEVERITY = "SEV3"


def note(request: Request) -> Commit:
    """`note INC-7 the database failed over`."""
    incident, text = request.incident()
    if not text:
        raise UsageError(f"the note is empty: /gocrash note {incident.key} what happened")

    def do() -> None:
        request.context.store.incidents.add_note(incident.number, text, actor=request.actor, now=request.context.now())
        request.changed(incident, "note", f"noted in {incident.key}: {text}")

    return request.change("note", incident.service, do)


def status(request: Request) -> Commit:
    """`status INC-7 mitigated rolled back to v1.41`."""
    incident, text = request.incident()
    word, why = split_word(text)
    if word.lower() not in set(Status):
        raise UsageError(f"say where it stands: /gocrash status {incident.key} {'|'.join(list(Status)[1:])} and why")
    return _move(request, incident, Status(word.lower()), why)


def resolve(request: Request) -> Commit:
    """`resolve INC-7 rolled back to v1.41`."""
    incident, text = request.incident()
    return _move(request, incident, Status.RESOLVED, text)


def reopen(request: Request) -> Commit:
    """`reopen INC-7 it is back`."""
    incident, text = request.incident()

    def do() -> None:
        store, now = request.context.store, request.context.now()
        there = store.incidents.reopen(incident.number, text=text, actor=request.actor, now=now)
        request.changed(there, "reopen", f"reopened {there.key}" + (f": {text}" if text else ""))

    return request.change("reopen", incident.service, do)


def severity(request: Request) -> Commit:
    """`severity INC-7 SEV2`."""
    incident, text = request.incident()
    wanted = text.upper()
    if wanted not in SEVERITIES:
        raise UsageError(f"say how bad it is: /gocrash severity {incident.key} {'|'.join(SEVERITIES)}")
    if wanted == incident.severity:
        raise UsageError(f"{incident.key} already has {wanted}: nothing to change")

    def do() -> None:
        store, now = request.context.store, request.context.now()
        there = store.incidents.set_severity(incident.number, wanted, actor=request.actor, now=now)
        request.changed(there, "severity", f"set the severity of {there.key} to {wanted}")

    return request.change("severity", incident.service, do)


def lead(request: Request) -> Commit:
    """`lead INC-7 @maya`; without a name, whoever asks."""
    incident, _ = request.incident()
    who = _named(request, incident)

    def do() -> None:
        store, now = request.context.store, request.context.now()
        there = store.incidents.set_lead(incident.number, who, actor=request.actor, now=now)
        request.changed(
            there, "lead", f"named {who} as lead of {there.key}" if who != request.actor else f"took the lead of {there.key}"
        )

    return request.change("lead", incident.service, do)


def join(request: Request) -> Commit:
    """`join INC-7`; with a name, that person."""
    incident, _ = request.incident()
    who = _named(request, incident)

    def do() -> None:
        request.context.store.responders.join(incident.number, who, now=request.context.now(), actor=request.actor)
        request.changed(incident, "note", f"joined {incident.key}" if who == request.actor else f"added {who} to {incident.key}")

    return request.change("note", incident.service, do)


def leave(request: Request) -> Commit:
    """`leave INC-7`; with a name, that person."""
    incident, _ = request.incident()
    who = _named(request, incident)

    def do() -> None:
        request.context.store.responders.leave(incident.number, who, now=request.context.now(), actor=request.actor)
        request.changed(incident, "note", f"left {incident.key}" if who == request.actor else f"took {who} off {incident.key}")

    return request.change("note", incident.service, do)


def link(request: Request) -> Commit:
    """`link INC-7 INC-8`."""
    incident, rest = request.incident()
    other, _ = Request(context=request.context, job=request.job, text=rest, here=None).incident()

    def do() -> None:
        request.context.store.links.add(incident.number, other.number, actor=request.actor, now=request.context.now())
        request.changed(incident, "note", f"linked {incident.key} and {other.key}")

    return request.change("note", incident.service, do)


def wrong(request: Request) -> Commit:
    """`wrong INC-7 the pool was full because the database was down`."""
    incident, text = request.incident()
    found = request.context.store.diagnoses.latest(incident.number)
    if not found or not found["findings"]:
        raise UsageError(f"nothing was found in {incident.key} that could be wrong")
    if not text:
        raise UsageError(f"say what was wrong: /gocrash wrong {incident.key} it was the database")
    finding = found["findings"][0]

    def do() -> None:
        request.context.store.feedback.give(
            incident=incident.number,
            service=incident.service,
            playbook=finding["playbook"],
            fingerprint=finding["fingerprint"],
            text=text,
            actor=request.actor,
            now=request.context.now(),
        )
        request.changed(incident, "note", f"said of {incident.key} that `{finding['title']}` is wrong: {text}")

    return request.change("note", incident.service, do)


def snooze(request: Request) -> Commit:
    """`snooze INC-7 2h`."""
    incident, text = request.incident()
    seconds = parse_duration(text.split()[0] if text else "")

    def do() -> None:
        store, now = request.context.store, request.context.now()
        store.duties.snooze(incident.number, now + timedelta(seconds=seconds), actor=request.actor, now=now)
        request.changed(incident, "note", f"put off the next reminder of {incident.key} by {format_duration(seconds)}")

    return request.change("note", incident.service, do)


def open_(request: Request) -> Commit:
    """`open checkout customers cannot pay`."""
    name, title = split_word(request.readable(request.text))
    service, payload = request.context.config.services.get(name.lower()), request.job.payload
    if service is None:
        return request.say(nearest_services(request.context, name))
    if not title:
        raise UsageError(f"say what is wrong: /gocrash open {service.name} customers cannot pay")

    def do() -> None:
        incident, opened = request.context.store.incidents.open_or_join(
            service=service.name,
            dedup_key=SERVICE_KEY,
            title=title,
            severity=DEFAULT_SEVERITY,
            opened_by=request.actor,
            now=request.context.now(),
            channel=payload["channel"] if payload.get("thread_ts") else "",
            thread=payload.get("thread_ts", ""),
        )
        if not opened:
            raise UsageError(f"{incident.key} is open for {service.name}: add to it with /gocrash note {incident.key} …")
        request.changed(incident, "note", f"opened {incident.key} of {service.name}: {incident.title}")

    return request.change("note", service.name, do)


def _move(request: Request, incident: Incident, to: Status, text: str) -> Commit:
    verb = "resolve" if to is Status.RESOLVED else "status"

    def do() -> None:
        store, now = request.context.store, request.context.now()
        there = store.incidents.change_status(incident.number, to, text=text, actor=request.actor, now=now)
        did = f"resolved {there.key}" if to is Status.RESOLVED else f"moved {there.key} to {to}"
        request.changed(there, verb, did + (f": {text}" if text else ""))

    return request.change(verb, incident.service, do)


def _named(request: Request, incident: Incident) -> str:
    """Return the person named after the incident, as people call them; whoever asks when nobody is named."""
    words = [word for word in request.text.split() if word.upper() != incident.key and word != str(incident.number)]
    return request.person(" ".join(words)) if words else request.actor
