"""The job `point`: one short line in the thread of an alert that is answered elsewhere, with the address of that answer.

It waits until the answer is there, so that it can name the incident; not without end.
"""

from __future__ import annotations

from datetime import datetime

from bot.model.alert import Notice
from bot.model.incident import Job
from bot.render.slack import notices
from bot.respond.context import Commit, Context
from bot.respond.locating import PATIENCE, again
from bot.respond.posting import put_message


def ask(context: Context, notice: Notice, headline: str, *, occurrences: int, is_last: bool) -> None:
    """Queue the line. Writes only.

    Args:
        context: the bot.
        notice: the alert; its message is the one in whose thread the line stands.
        headline: outbox key of the answer.
        occurrences: how often the alert was said to fire, this time included.
        is_last: no more alerts get such a line for a while.
    """
    payload = {
        "service": notice.service,
        "headline": headline,
        "channel": notice.channel,
        "ts": notice.ts,
        "occurrences": occurrences,
        "is_last": is_last,
        "since": context.now().isoformat(),
    }
    context.store.queue.enqueue(kind="point", payload=payload, now=context.now())


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    payload, store = job.payload, context.store
    answer = store.answers.last(payload["headline"])
    there = store.outbox.get(payload["headline"]) if store.outbox.holds(payload["headline"]) else None
    if not (answer and there and there.ts) and context.now() - datetime.fromisoformat(payload["since"]) < PATIENCE:
        return again(context, job)
    url = context.workspace.permalink(there.channel, there.ts) if there and there.ts else ""
    line = notices.answered_elsewhere(
        payload["service"],
        incident=f"INC-{answer.incident}" if answer and answer.incident is not None else "",
        url=url,
        occurrences=payload["occurrences"],
        is_last=payload["is_last"],
    )
    channel, ts = payload["channel"], payload["ts"]
    return lambda: put_message(context, f"point-{channel}-{ts}", line, channel=channel, now=context.now(), thread_ts=ts)


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody asked; the log has it."""
    return lambda: None
