"""Buttons: Re-run, Resolve, and the nearest services under a wrong name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.errors import UsageError
from bot.model.incident import Incident, Job, Status
from bot.model.message import Action
from bot.render.slack import headline, notices
from bot.render.slack.headline import Situation
from bot.respond.commands import actor_of, diagnosis_payload
from bot.respond.context import Commit, Context
from bot.respond.posting import put_answer, put_message

RERUN = "rerun"
RESOLVE = "resolve"
DIAGNOSE = "diagnose"


def actions(service: str, headline_key: str, incident: Incident | None) -> tuple[Action, ...]:
    """Return the buttons of a headline."""
    rerun = Action(action_id=RERUN, label="Re-run", value=f"{service} {headline_key}")
    if incident is None or incident.status is Status.RESOLVED:
        return (rerun,)
    confirm = f"This ends {incident.key}. It can be reopened."
    return (
        rerun,
        Action(action_id=RESOLVE, label="Resolve", value=f"{incident.number} {headline_key}", style="primary", confirm=confirm),
    )


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `click`."""
    name = job.payload["action_id"].partition(":")[0]
    return CLICKS[name](context, job)


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Tell the person that the click could not be carried out."""
    return lambda: _tell(context, job, reason)


def _rerun(context: Context, job: Job) -> Commit:
    service, headline_key = job.payload["value"].split()
    thread_ts = context.store.outbox.get(headline_key).thread_ts
    return lambda: _enqueue(context, job, service, headline_key=headline_key, thread_ts=thread_ts)


def _diagnose(context: Context, job: Job) -> Commit:
    return lambda: _enqueue(context, job, job.payload["value"])


def _resolve(context: Context, job: Job) -> Commit:
    number, headline_key = job.payload["value"].split()
    actor = actor_of(job)

    def commit() -> None:
        now = context.now()
        try:
            incident = context.store.incidents.change_status(int(number), Status.RESOLVED, text="", actor=actor, now=now)
        except UsageError as error:
            _tell(context, job, str(error))
            return
        situation = Situation(incident=incident, notes=(f"resolved by {actor}",))
        message = headline.resolved(
            incident, diagnosis=None, situation=situation, actions=actions(incident.service, headline_key, incident)
        )
        there = context.store.outbox.get(headline_key)
        put_message(context, headline_key, message, channel=there.channel, now=now)

    return commit


CLICKS: Mapping[str, Callable[[Context, Job], Commit]] = {RERUN: _rerun, RESOLVE: _resolve, DIAGNOSE: _diagnose}


def _enqueue(context: Context, job: Job, service: str, *, headline_key: str = "", thread_ts: str = "") -> None:
    payload = diagnosis_payload(
        service,
        actor=actor_of(job),
        channel=job.payload["channel"],
        thread_ts=thread_ts,
        response_url=job.payload["response_url"],
        headline=headline_key,
    )
    context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())


def _tell(context: Context, job: Job, reason: str) -> None:
    put_answer(
        context,
        f"answer-{job.number}",
        notices.error("That did not work.", do=reason),
        channel=job.payload["channel"],
        now=context.now(),
        response_url=job.payload["response_url"],
        thread_ts="",
    )
