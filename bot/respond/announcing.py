"""New incidents that are bad enough are announced in the channel that `slack.announce` names for their severity, once.

`due` looks at the stored incidents, so that one which is opened or raised on the command line is announced like
any other. An incident is announced again only when it has become worse than it was announced; whoever `severities.….tell` names
is told there, and nowhere else. The job `announce` posts it.
"""

from __future__ import annotations

from datetime import datetime

from bot.model.incident import Job, Status
from bot.render.slack.duties import announcement
from bot.respond.context import Commit, Context
from bot.respond.locating import PATIENCE, address_of, again
from bot.respond.posting import put_message


def due(context: Context) -> None:
    """Queue a job for every incident that is to be announced."""
    if not context.config.slack.announce:
        return
    now = context.now()
    for incident in context.store.duties.unannounced(context.config.slack.announce):
        payload = {"incident": incident.number, "severity": incident.severity, "since": now.isoformat()}
        with context.store.transaction():
            context.store.duties.mark_announced(incident.number, incident.severity)
            context.store.queue.enqueue(kind="announce", payload=payload, now=now)


def run(context: Context, job: Job) -> Commit:
    """Carry out the job, unless the incident has ended or is no longer as bad."""
    incident, severity = context.store.incidents.get(job.payload["incident"]), job.payload["severity"]
    if incident.status is Status.RESOLVED or incident.severity != severity:
        return lambda: None
    url = address_of(context, incident)
    if url is None and context.now() - datetime.fromisoformat(job.payload["since"]) < PATIENCE:
        return again(context, job)
    message = announcement(
        incident, url=url or "", tell=[_told(context, name) for name in context.config.severities[severity].tell]
    )
    channel = context.config.slack.announce[severity]
    return lambda: put_message(context, f"announce-{incident.key}-{severity}", message, channel=channel, now=context.now())


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return lambda: None


def _told(context: Context, name: str) -> str:
    """Return a name as Slack tells it: the id of a group that was given by its handle, where Slack knows one."""
    return context.workspace.group_id(name) or name if name.startswith("@") else name
