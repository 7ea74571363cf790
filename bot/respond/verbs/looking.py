"""Verbs about services: `diagnose` with its options, `services`, `mute`, `unmute`."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches

from bot.config import Service
from bot.errors import UsageError
from bot.model.message import Action, SlackMessage
from bot.model.units import format_duration, parse_duration
from bot.plan import located, plan_of
from bot.render.slack import lists, notices
from bot.respond.asking import DIAGNOSE, diagnosis_payload
from bot.respond.context import Commit, Context
from bot.respond.verbs.request import Request

NEAREST = 3
OPTIONS = {"instance": "instance=10.0.3.7:6060", "since": "since=30m", "deep": "deep"}


def diagnose(request: Request) -> Commit:
    """`diagnose checkout instance=10.0.3.7:6060 since=30m deep`; in an incident's thread the service may be left out."""
    options, names = request.options(request.words, OPTIONS)
    name = names[0].lower() if names else _service_here(request)
    service = request.context.config.services.get(name)
    if service is None:
        return request.say(nearest_services(request.context, name))
    since = parse_duration(options["since"]) if "since" in options else None
    instance = _instance(request.context, service, options["instance"]) if "instance" in options else ""
    deep, payload = "deep" in options, request.job.payload

    def do() -> None:
        now = request.context.now()
        if deep:
            request.context.store.audit.record(
                actor=request.actor, action="capture", subject=name, allowed=True, reason="", now=now
            )
        asked = diagnosis_payload(
            name,
            actor=request.actor,
            channel=payload["channel"],
            thread_ts=payload.get("thread_ts", ""),
            response_url=payload.get("response_url", ""),
            instance=instance,
            since_seconds=since,
            deep=deep,
        )
        request.context.store.queue.enqueue(kind="diagnose", payload=asked, now=now)

    return request.change("capture" if deep else "diagnose", name, do)


def services(request: Request) -> Commit:
    """`services`."""
    now, store, config = request.context.now(), request.context.store, request.context.config
    muted = {mute.service: mute for mute in store.mutes.all_active(now)}
    opened = {incident.service: incident for incident in store.incidents.list_incidents(status="open")}
    return request.say(lists.services(list(config.services), muted=muted, opened=opened))


def mute(request: Request) -> Commit:
    """`mute checkout 2h we are loading it on purpose`."""
    words = request.readable(request.text).split()
    if len(words) < 3:  # noqa: PLR2004  # service, how long, why
        raise UsageError("say which service, for how long, and why: /gocrash mute checkout 2h load test")
    service = request.context.config.services.get(words[0].lower())
    if service is None:
        return request.say(nearest_services(request.context, words[0]))
    seconds, reason = parse_duration(words[1]), " ".join(words[2:])

    def do() -> None:
        store, now = request.context.store, request.context.now()
        store.mutes.mute(service.name, until=now + timedelta(seconds=seconds), reason=reason, actor=request.actor, now=now)
        _told(request, service, f"muted the alerts of {service.name} for {format_duration(seconds)}: {reason}")

    return request.change("mute", service.name, do)


def unmute(request: Request) -> Commit:
    """`unmute checkout`."""
    words = request.words
    if not words:
        raise UsageError("say which service: /gocrash unmute checkout")
    service = request.context.config.services.get(words[0].lower())
    if service is None:
        return request.say(nearest_services(request.context, words[0]))

    def do() -> None:
        request.context.store.mutes.unmute(service.name, actor=request.actor, now=request.context.now())
        _told(request, service, f"unmuted the alerts of {service.name}")

    return request.change("mute", service.name, do)


def nearest_services(context: Context, word: str) -> SlackMessage:
    """Return the answer to a service nobody configured."""
    near = get_close_matches(word, list(context.config.services), n=NEAREST, cutoff=0.4)
    return notices.unknown_service(word, [Action(action_id=f"{DIAGNOSE}:{name}", label=name, value=name) for name in near])


def _told(request: Request, service: Service, line: str) -> None:
    """Tell it in the thread of the service's open incident, or to the person alone where there is none."""
    opened = request.context.store.incidents.list_incidents(status="open", service=service.name, limit=1)
    if opened:
        request.changed(opened[0], "mute", line)
    else:
        request.say(notices.done(f"You {line}"))()


def _service_here(request: Request) -> str:
    if request.here is None:
        raise UsageError("name a service: /gocrash diagnose checkout")
    return request.context.store.incidents.get(request.here).service


def _instance(context: Context, service: Service, wanted: str) -> str:
    """Return the instance that is meant.

    Raises:
        UsageError: there is none of that name; the message names the nearest.
    """
    plan, failures = located(plan_of(service, context.config))
    if failures:
        raise UsageError(failures[0].reason)
    known = [target.instance for target in plan.targets]
    if wanted in known:
        return wanted
    near = get_close_matches(wanted, known, n=NEAREST, cutoff=0.3) or known[:NEAREST]
    raise UsageError(f"{service.name} has no instance `{wanted}`: there is {', '.join(near) or 'none'}")
