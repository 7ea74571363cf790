"""The job `mark`: a configured emoji or a pin puts a message of an incident's thread into its timeline; taking it off, out again.

The entry has the time and the author of the message. Elsewhere a mark means nothing to the bot, and neither does the mark of
somebody who may not write notes: a reaction has no place for an answer, so only the audit tells of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.alerts.message import words
from bot.alerts.wording import plain
from bot.model.incident import Incident, Job
from bot.respond.asking import actor_of
from bot.respond.changing import changed
from bot.respond.context import Commit, Context
from bot.respond.dialogs import NOTE_TEXT, moment
from bot.respond.permissions import Asker, refusal

PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as a timeline keeps it.

    Attributes:
        channel, ts: where it stands.
        text: what it says, masked, without Slack's markup.
        author: who wrote it, by name.
        occurred_at: when.
        permalink: its address; empty where Slack gives none.
    """

    channel: str
    ts: str
    text: str
    author: str
    occurred_at: datetime
    permalink: str


def run(context: Context, job: Job) -> Commit:
    """Carry out the job: `present` says whether the mark was set or taken off."""
    channel, ts, mark = job.payload["channel"], job.payload["ts"], job.payload["mark"]
    message, marked_by = f"{channel} {ts}", context.workspace.name(job.payload["user"])
    if not job.payload["present"]:
        # A mark that was refused has left no entry, and there is nothing to remove.
        return lambda: _remove(context, message, mark, actor=marked_by)
    found = context.workspace.message(channel, ts)
    number = context.store.answers.incident_at(channel, str(found.get("thread_ts") or ts)) if found else None
    if not found or number is None:
        return lambda: None
    asker = Asker(job.payload["user"], marked_by, channel)
    if refusal(context, asker, "note", context.store.incidents.get(number).service):
        return lambda: None
    said = said_of(context, found, channel=channel)

    def commit() -> None:
        context.store.marks.add(
            message,
            mark,
            incident=number,
            text=said.text,
            actor=said.author,
            occurred_at=said.occurred_at,
            permalink=said.permalink,
            marked_by=marked_by,
            now=context.now(),
        )

    return commit


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: nobody waits for it; the log has it."""
    return lambda: None


def said_of(context: Context, message: Mapping[str, Any], *, channel: str) -> Said:
    """Return what a timeline keeps of a message. Asks Slack: call it outside of transactions."""
    text = str(message.get("text") or "") or "\n".join(words(message))
    named = PERSON.sub(lambda match: f"@{context.workspace.name(match[1])}", text)
    masked, _ = context.engine.redactor.text(html.unescape(plain(named)))
    author = message.get("username") or (message.get("bot_profile") or {}).get("name")
    if message.get("user") and not author:
        author = context.workspace.name(str(message["user"]))
    return Said(
        channel=channel,
        ts=str(message["ts"]),
        text=masked if len(masked) <= NOTE_TEXT else f"{masked[:NOTE_TEXT]}…",
        author=str(author or "somebody"),
        occurred_at=moment(str(message["ts"])),
        permalink=context.workspace.permalink(channel, str(message["ts"])),
    )


def adding(context: Context, job: Job, incident: Incident, said: Said) -> Callable[[], None]:
    """Return the writes that put a message into a timeline because a person chose so in its menu."""
    actor = actor_of(job)

    def do() -> None:
        event = context.store.marks.add(
            f"{said.channel} {said.ts}",
            "shortcut",
            incident=incident.number,
            text=said.text,
            actor=said.author,
            occurred_at=said.occurred_at,
            permalink=said.permalink,
            marked_by=actor,
            now=context.now(),
        )
        if event:
            changed(context, job, incident, verb="note", actor=actor, line=f"added to the timeline: {said.author}: {said.text}")

    return do


def _remove(context: Context, message: str, mark: str, *, actor: str) -> None:
    context.store.marks.remove(message, mark, actor=actor, now=context.now())
