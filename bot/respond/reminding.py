"""Reminders: people who wait for an update of an incident get it, or its responders hear that it is due.

`due` finds what is due in the store, once for each time it falls due; the job `remind` posts it in the incident's
thread, with buttons to put it off.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.errors import UsageError
from bot.model.incident import Incident, Job
from bot.model.message import Action
from bot.model.units import parse_duration
from bot.render.slack import duties, notices
from bot.respond.asking import actor_of
from bot.respond.context import Commit, Context
from bot.respond.posting import put_in_thread, put_message

log = structlog.get_logger(__name__)

SNOOZE = "snooze"
SNOOZES = {"30m": "Snooze 30 min", "2h": "Snooze 2 h"}


def due(context: Context) -> None:
    """Queue a job for every update that is due and of which nobody was reminded yet."""
    now = context.now()
    for update in context.store.duties.due(now, updates=_updates(context)):
        with context.store.transaction():
            context.store.duties.mark_reminded(update.incident.number, now=now)
            context.store.queue.enqueue(kind="remind", payload={"incident": update.incident.number}, now=now)


def run(context: Context, job: Job) -> Commit:
    """Carry out the job, unless people have heard more since it was queued."""
    now = context.now()
    update = context.store.duties.next_update(job.payload["incident"], updates=_updates(context))
    if update is None or update.due_at > now:
        return lambda: None
    key = f"reminder-{update.incident.key}-{job.number}"
    message = duties.reminder(update, now=now, actions=_actions(update.incident, key))

    def commit() -> None:
        if not put_in_thread(context, update.incident, key, message, now=now):
            log.warning("nobody can be reminded: give the service a `channel` in the configuration", incident=update.incident.key)

    return commit


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return lambda: None


def snooze(context: Context, job: Job) -> Commit:
    """Carry out a click on one of the reminder's buttons: put it off, and say so in its place."""
    number, key = job.payload["value"].split()
    length, actor = parse_duration(job.payload["action_id"].partition(":")[2]), actor_of(job)

    def commit() -> None:
        now = context.now()
        until = now + timedelta(seconds=length)
        try:
            incident = context.store.duties.snooze(int(number), until, actor=actor, now=now)
            message = duties.snoozed(incident, until=until, actor=actor)
        except UsageError as error:
            message = notices.done(str(error))
        put_message(context, key, message, channel=context.store.outbox.get(key).channel, now=now)

    return commit


def _actions(incident: Incident, key: str) -> tuple[Action, ...]:
    return tuple(
        Action(action_id=f"{SNOOZE}:{length}", label=label, value=f"{incident.number} {key}") for length, label in SNOOZES.items()
    )


def _updates(context: Context) -> dict[str, float]:
    """Return how soon people are to hear more, in seconds by severity."""
    return {severity: policy.update or 0.0 for severity, policy in context.config.severities.items()}
