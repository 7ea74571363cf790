"""The words after `/gocrash`, carried out. `VERBS` is the registry: help is generated from it, wrong words get its nearest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import UsageError
from bot.model.incident import Job
from bot.model.message import Action, SlackFile, SlackMessage
from bot.render.slack import notices, replies
from bot.render.slack.notices import Verb
from bot.render.timeline import timeline_markdown
from bot.respond.context import Commit, Context
from bot.respond.posting import put_answer

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Request:
    """Where the answer goes: to a response URL (commands) or into a thread (mentions)."""

    channel: str
    response_url: str
    thread_ts: str


@dataclass(frozen=True, slots=True)
class Started:
    """A diagnosis is to be made; its headline will be the answer."""

    service: str


Answer = SlackMessage | Started


@dataclass(frozen=True, slots=True)
class Command:
    """One verb: what help says of it, and what it does with the words after it."""

    help: Verb
    run: Callable[[Context, Sequence[str]], Answer]


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `command`: answer, or queue a diagnosis."""
    words = job.payload["text"].split()
    request = _request(job)
    try:
        answer = _answer(context, words)
    except UsageError as error:
        answer = notices.error(str(error), do="`/gocrash help` shows what I know.")

    def commit() -> None:
        now = context.now()
        if isinstance(answer, Started):
            payload = diagnosis_payload(
                answer.service,
                actor=actor_of(job),
                channel=request.channel,
                thread_ts=request.thread_ts,
                response_url=request.response_url,
            )
            context.store.queue.enqueue(kind="diagnose", payload=payload, now=now)
        else:
            _put(context, job, request, answer)

    return commit


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Tell the person that the command could not be carried out."""
    answer = notices.error("That did not work.", do=reason, error_id=f"job {job.number}")
    return lambda: _put(context, job, _request(job), answer)


def actor_of(job: Job) -> str:
    """Return who set a job off, as people call them: Slack's name for them where the event says it, else their id."""
    return str(job.payload["name"] or job.payload["user"])


def diagnosis_payload(
    service: str,
    *,
    actor: str,
    channel: str,
    thread_ts: str = "",
    response_url: str = "",
    headline: str = "",
    alert: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Return the payload of a job `diagnose`. `headline` names an answer to be made anew; empty begins a new one."""
    return {
        "service": service,
        "actor": actor,
        "channel": channel,
        "thread_ts": thread_ts,
        "response_url": response_url,
        "headline": headline,
        "alert": alert,
    }


def nearest_services(context: Context, word: str) -> SlackMessage:
    """Return the answer to a service nobody configured."""
    near = get_close_matches(word, list(context.config.services), n=NEAREST, cutoff=0.4)
    return notices.unknown_service(word, [Action(action_id=f"diagnose:{name}", label=name, value=name) for name in near])


def _answer(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return _help(context, [])
    first, rest = words[0].lower(), words[1:]
    if first in VERBS:
        return VERBS[first].run(context, rest)
    if first in context.config.services:
        return _diagnose(context, [first])
    if near := get_close_matches(first, list(VERBS), n=1, cutoff=0.7):
        return notices.unknown_verb(words[0], near[0])
    return nearest_services(context, words[0])


def _diagnose(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        raise UsageError("name a service: /gocrash diagnose checkout")
    return Started(words[0]) if words[0] in context.config.services else nearest_services(context, words[0])


def _incidents(context: Context, words: Sequence[str]) -> Answer:
    status = "all" if "all" in words else "open"
    service = next((word for word in words if word not in {"open", "all"}), None)
    if service and service not in context.config.services:
        return nearest_services(context, service)
    found = context.store.incidents.list_incidents(status="all" if status == "all" else "open", service=service, limit=20)
    title = f"{'All' if status == 'all' else 'Open'} incidents" + (f" of {service}" if service else "")
    return notices.incident_list(found, title=title)


def _show(context: Context, words: Sequence[str]) -> Answer:
    incident = context.store.incidents.get(incident_number(words))
    latest = context.store.diagnoses.latest(incident.number)
    return notices.incident(incident, verdict=latest["verdict"] if latest else "")


def _timeline(context: Context, words: Sequence[str]) -> Answer:
    incident = context.store.incidents.get(incident_number(words))
    events = context.store.timeline.of(incident.number)
    whole = SlackFile(
        name=f"{incident.key}-timeline.md",
        title=f"Timeline of {incident.key}",
        content=timeline_markdown(incident, events).encode(),
    )
    return replies.timeline(incident, events, whole=whole)


def _services(context: Context, _words: Sequence[str]) -> Answer:
    return notices.help_text((), services=list(context.config.services))


def _help(context: Context, words: Sequence[str]) -> Answer:
    if words and words[0] in VERBS:
        return notices.verb_help(VERBS[words[0]].help)
    return notices.help_text([command.help for command in VERBS.values()], services=list(context.config.services))


def incident_number(words: Sequence[str]) -> int:
    """Read `INC-7` or `7` from the first word.

    Raises:
        UsageError: there is no word, or it is no incident.
    """
    text = words[0].upper().removeprefix("INC-") if words else ""
    if not text.isdecimal():
        raise UsageError("name an incident, such as INC-7: /gocrash incidents lists them")
    return int(text)


VERBS: Mapping[str, Command] = {
    "diagnose": Command(
        Verb("/gocrash checkout", "diagnose a service; the word `diagnose` before it may be left out"), _diagnose
    ),
    "incidents": Command(Verb("/gocrash incidents [open|all] [checkout]", "list incidents"), _incidents),
    "show": Command(Verb("/gocrash show INC-7", "what an incident is about"), _show),
    "timeline": Command(Verb("/gocrash timeline INC-7", "what happened when, and who did what"), _timeline),
    "services": Command(Verb("/gocrash services", "the services I can look into"), _services),
    "help": Command(Verb("/gocrash help [verb]", "this list"), _help),
}


def _request(job: Job) -> Request:
    payload = job.payload
    return Request(payload["channel"], payload.get("response_url", ""), payload.get("thread_ts", ""))


def _put(context: Context, job: Job, request: Request, answer: SlackMessage) -> None:
    put_answer(
        context,
        f"answer-{job.number}",
        answer,
        channel=request.channel,
        now=context.now(),
        response_url=request.response_url,
        thread_ts=request.thread_ts,
    )
