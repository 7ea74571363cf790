"""The job `locate`: finds the address of an incident's thread, for whoever is sent there later (announcements, the next time)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.incident import Incident, Job
from bot.respond.context import Commit, Context

AGAIN_SECONDS = 1.0
PATIENCE = timedelta(minutes=1)


def ask(context: Context, incident: int, *, since: datetime) -> None:
    """Queue the question for an incident that has just got its thread, at `since`."""
    context.store.queue.enqueue(kind="locate", payload={"incident": incident, "since": since.isoformat()}, now=context.now())


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    incident = context.store.incidents.get(job.payload["incident"])
    if not incident.channel or incident.permalink:
        return _nothing
    address = address_of(context, incident)
    if address is None:
        return again(context, job)
    return lambda: _remember(context, incident, address)


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: an incident without an address is only harder to find."""
    return _nothing


def address_of(context: Context, incident: Incident) -> str | None:
    """Return the address of the thread, empty where there is none; None while its first message is on its way to Slack.

    Asks Slack: call it outside of transactions.
    """
    if incident.permalink or not incident.channel:
        return incident.permalink
    headline = context.store.outbox.get(incident.headline) if incident.headline else None
    if headline and headline.refused and not headline.ts:
        return ""
    ts = incident.thread or (headline.ts if headline else "")
    return context.workspace.permalink(incident.channel, ts) if ts else None


def again(context: Context, job: Job) -> Commit:
    """Return the commit that puts a job off until the message it waits for may stand in Slack; not without end."""
    now = context.now()
    if now - datetime.fromisoformat(job.payload["since"]) > PATIENCE:
        return _nothing
    later = now + timedelta(seconds=AGAIN_SECONDS)
    return lambda: _queue(context, job, later)


def _queue(context: Context, job: Job, later: datetime) -> None:
    context.store.queue.enqueue(kind=job.kind, payload=job.payload, now=context.now(), not_before=later)


def _remember(context: Context, incident: Incident, address: str) -> None:
    if address:
        context.store.incidents.set_permalink(incident.number, address)


def _nothing() -> None:
    """Leave everything as it is."""
