"""What people change by a click or in a modal: who may, what follows from it, and what they hear when it was not done."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import UsageError
from bot.model.incident import Incident, Job
from bot.model.message import SlackMessage
from bot.render.slack import notices
from bot.respond import headlines
from bot.respond.context import Commit, Context
from bot.respond.permissions import Asker, refusal
from bot.respond.posting import put_answer, put_in_thread


def guarded(context: Context, job: Job, verb: str, service: str, do: Callable[[], None]) -> Commit:
    """Return what is to be done if the person may do it; else, and where it cannot be done, the words that say so.

    Asks Slack who may: call it outside of transactions.
    """
    asker = Asker(job.payload["user"], job.payload["name"], job.payload["channel"])
    if reason := refusal(context, asker, verb, service):
        return lambda: tell(context, job, reason)

    def commit() -> None:
        try:
            with context.store.transaction():
                do()
        except UsageError as error:
            tell(context, job, str(error))

    return commit


def changed(context: Context, job: Job, incident: Incident, *, verb: str, actor: str, line: str) -> None:
    """Write down what follows from a change of an incident, inside its transaction: audit, headline, one line in the thread.

    Args:
        context: the bot.
        job: the job that made the change; it makes one change of an incident at most.
        incident: the incident as it is now.
        verb: the word of the permission that was asked for: `resolve`.
        actor: the person's name.
        line: what they did, for the thread: `resolved INC-7: rolled back`.
    """
    now = context.now()
    context.store.audit.record(actor=actor, action=verb, subject=incident.key, allowed=True, reason="", now=now)
    headlines.refresh(context, incident)
    put_in_thread(context, incident, f"change-{job.number}-{incident.key}", notices.done(f"{actor} {line}"), now=now)


def tell(context: Context, job: Job, reason: str) -> None:
    """Tell the person alone that something was not done, and why: where they clicked, or in their Home tab."""
    payload = job.payload
    if not payload["channel"]:
        context.store.queue.enqueue(kind="home", payload={"user": payload["user"], "notice": reason}, now=context.now())
        return
    reply(context, job, notices.error("That was not done.", do=reason))


def reply(context: Context, job: Job, message: SlackMessage) -> None:
    """Answer the person alone where they clicked, or in the thread in which they mentioned the bot."""
    payload = job.payload
    put_answer(
        context,
        f"answer-{job.number}",
        message,
        channel=payload["channel"],
        now=context.now(),
        response_url=payload["response_url"],
        thread_ts=payload.get("thread_ts", ""),
    )
