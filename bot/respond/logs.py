"""The job `log`: a crash log, dump or race report that a person pasted or uploaded is answered in the thread of their message.

In a channel of `slack.crash_logs` that goes by itself, and only for text in which Go has printed a stack; everything else is what
people say to each other. By the message's menu (`asked`) it goes for every message, that of any bot as well; there an alert, or
a service's name, leads to a look at the service. A message that is edited changes its answer.

Whose log it is: the service that is named beside it, else the channel's, else the one whose modules are in the stacks. A log of
nobody knows whom is answered, and opens no incident.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bot.alerts.read import read_alert
from bot.diagnose import judge, subject_of
from bot.model.alert import Alert
from bot.model.evidence import Bundle, CollectFailure, Kind
from bot.model.incident import Job
from bot.model.snapshot import Parsed
from bot.render.phrases import count_text
from bot.render.slack import headline, notices
from bot.render.slack.headline import Situation
from bot.respond import diagnosing, grouping, shown
from bot.respond.alerting import notice_of, patterns, place_of, services_of, thread_of
from bot.respond.asking import actor_of, diagnosis_payload
from bot.respond.changing import guarded, tell
from bot.respond.context import Commit, Context
from bot.respond.headlines import OF_LOG
from bot.respond.permissions import Asker, refusal
from bot.respond.posting import put_answer, put_message
from bot.respond.shown import Shown

log = structlog.get_logger(__name__)


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    job = _named(context, job)
    with TemporaryDirectory(prefix="gocrash-") as directory:
        found = shown.kept(context, job) or shown.fetch(context, job, Path(directory))
        if found.traces:
            return _diagnosed(context, job, found)
    for reason in found.unread:
        log.warning("a file was not read", reason=reason)
    return _other(context, job, found) if job.payload["asked"] else _nothing


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Say so to the person who asked, or in the answer that was begun; else nobody waits for one."""
    if job.payload["asked"]:
        return lambda: tell(context, job, reason)
    key, channel = _key(job), job.payload["channel"]
    if not context.store.outbox.holds(key):
        return _nothing
    failed = headline.failed("the log", reason=reason, error_id=f"job {job.number}", situation=Situation())
    return lambda: put_message(context, key, failed, channel=channel, now=context.now())


def _named(context: Context, job: Job) -> Job:
    """Return the job with the name of the person who shows the log, which the event of a message does not give."""
    name = job.payload["name"] or context.workspace.name(job.payload["user"])
    return replace(job, payload={"response_url": "", **job.payload, "name": name})


def _key(job: Job) -> str:
    """Return the key of the answer: one per message, whatever its edition."""
    return f"{OF_LOG}{job.payload['channel']}-{job.payload['message']['ts']}"


def _diagnosed(context: Context, job: Job, found: Shown) -> Commit:
    """Keep the evidence, judge it, and answer."""
    payload = job.payload
    service, thread_ts = _service(context, job, found), thread_of(payload["message"])
    asker = Asker(payload["user"], payload["name"], payload["channel"])
    if payload["asked"] and (reason := refusal(context, asker, "diagnose", service)):
        return lambda: tell(context, job, reason)
    asked = diagnosis_payload(
        service,
        actor=actor_of(job),
        channel=payload["channel"],
        thread_ts=thread_ts,
        response_url=payload["response_url"],
        headline=_key(job),
    )
    job = replace(job, payload=asked)
    diagnosing.Progress(context, job).step("reading the log")
    parsed = _keep(context, job, found.parsed)
    bundle = Bundle(
        service=service,
        taken_at=context.now(),
        targets=tuple({piece.evidence.target: None for piece in parsed if piece.evidence.target}),
        evidence=tuple(piece.evidence for piece in parsed),
        failures=tuple(CollectFailure(kind=Kind.SERVICE_LOG, reason=reason) for reason in found.unread),
    )
    return diagnosing.conclude(context, job, judge(bundle, context.engine, subject_of(service, context.config), parsed=parsed))


def _keep(context: Context, job: Job, parsed: Sequence[Parsed]) -> tuple[Parsed, ...]:
    """Store what was read, all of it or nothing; what an interrupted run has stored stays as it is."""
    if kept := context.store.evidence.of_job(job.number):
        return tuple(map(context.engine.read, kept))
    service = job.payload["service"]
    with context.store.transaction():
        pieces = []
        for item in parsed:
            piece = item.evidence
            owned = replace(piece, target=replace(piece.target, service=service) if piece.target else None)
            pieces.append(replace(item, evidence=context.store.evidence.put(owned, service=service, job=job.number)))
    return tuple(pieces)


def _service(context: Context, job: Job, found: Shown) -> str:
    """Return whose log it is; `shown.NOBODYS` when nothing says so."""
    message, services = job.payload["message"], context.config.services
    spoken = html.unescape(shown.TRACE.split(str(message.get("text") or ""), maxsplit=1)[0])
    files = [str(file.get("name") or "") for file in message.get("files") or ()]
    named = services_of(context, Alert(source="log", fingerprint="", title="", firing=True, text="\n".join((spoken, *files))))
    here = tuple(name for name, service in services.items() if service.channel and service.channel == job.payload["channel"])
    return next((names[0] for names in (named, here, _by_stack(context, found)) if len(names) == 1), shown.NOBODYS)


def _by_stack(context: Context, found: Shown) -> tuple[str, ...]:
    """Return the services whose modules are in the stacks; of those that share them, the ones named in a path of their code."""
    frames = [frame for stack in found.traces for frame in stack]
    services = context.config.services
    owners = tuple(
        name for name, service in services.items() if any(_is_own(frame.function, service.own_modules) for frame in frames)
    )
    if len(owners) == 1:
        return owners
    modules = [module for service in services.values() for module in service.own_modules]
    own = [frame for frame in frames if _is_own(frame.function, modules) or frame.function.startswith("main.")]
    parts = {part for frame in own for part in re.split(r"[/.]", f"{frame.function}/{frame.file}")}
    return tuple(name for name in owners or services if name in parts)


def _is_own(function: str, modules: Sequence[str]) -> bool:
    return any(function.startswith((f"{module}.", f"{module}/")) for module in modules)


def _other(context: Context, job: Job, found: Shown) -> Commit:
    """Look at the service that a message without a trace is about, or tell the person what was looked for."""
    message, channel = job.payload["message"], job.payload["channel"]
    alert = read_alert(message, patterns(context, channel))
    services = services_of(context, alert, channel=channel, ts=thread_of(message)) if alert else ()
    if alert is None or len(services) != 1:
        return _nothing_found(context, job, found, services)
    service = services[0]
    place = replace(place_of(message, channel), headline=f"{grouping.OF_MESSAGE}{channel}-{message['ts']}")
    notice = notice_of(alert, service, message, channel=channel, edition="") if message.get("bot_id") else None
    firing = notice is not None and alert.firing

    def do() -> None:
        if notice:
            grouping.note(context, service, notice, place.headline)
        payload = diagnosis_payload(
            service,
            actor=actor_of(job),
            channel=channel,
            thread_ts=place.thread_ts,
            response_url=job.payload["response_url"],
            headline=place.headline,
            alert=grouping.details_of(notice) if notice and firing else None,
        )
        context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())

    return guarded(context, job, "diagnose", service, do)


def _nothing_found(context: Context, job: Job, found: Shown, services: Sequence[str]) -> Commit:
    files = len(job.payload["message"].get("files") or ())
    where = "its text" + (f" and its {count_text(files, 'file')}" if files else "")
    what = f"It may be about {' or '.join(services)}." if services else "It names no service that I know."
    unread = f" Not read: {'; '.join(found.unread)}." if found.unread else ""
    answer = notices.error(
        f"There is nothing in this message that I can diagnose. {what}",
        do=f"I looked for a crash, a goroutine dump, a race report or an alert in {where}.{unread}",
    )
    return lambda: put_answer(
        context,
        f"answer-{job.number}",
        answer,
        channel=job.payload["channel"],
        now=context.now(),
        response_url=job.payload["response_url"],
        thread_ts=thread_of(job.payload["message"]),
    )


def _nothing() -> None:
    """Leave everything as it is."""
