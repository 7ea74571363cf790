"""Buttons and menus: Re-run, Acknowledge, Timeline, the nearest services under a wrong name, Diagnose in the Home tab.

Those that ask for more first open a modal in the listener (`dialogs`), and come back as its submission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.model.incident import Job
from bot.render.slack import replies
from bot.respond import headlines, home, reminding
from bot.respond.asking import actor_of, diagnosis_payload
from bot.respond.changing import changed, guarded, reply, tell
from bot.respond.context import Commit, Context

DIAGNOSE = "diagnose"


def run(context: Context, job: Job) -> Commit:
    """Carry out the job `click`."""
    name = job.payload["action_id"].partition(":")[0]
    return CLICKS[name](context, job)


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Tell the person that the click could not be carried out."""
    return lambda: tell(context, job, reason)


def _rerun(context: Context, job: Job) -> Commit:
    service, key = job.payload["value"].split()
    there = context.store.outbox.get(key)
    return _diagnosis(context, job, service, channel=there.channel, headline_key=key, thread_ts=there.thread_ts)


def _diagnose(context: Context, job: Job) -> Commit:
    return _diagnosis(context, job, job.payload["value"], channel=job.payload["channel"], thread_ts=job.payload["thread_ts"])


def _from_home(context: Context, job: Job) -> Commit:
    service, channel = job.payload["value"].split()
    return _diagnosis(context, job, service, channel=channel)


def _acknowledge(context: Context, job: Job) -> Commit:
    incident, actor = context.store.incidents.get(int(job.payload["value"].split()[0])), actor_of(job)

    def do() -> None:
        now, store = context.now(), context.store
        there = store.incidents.get(incident.number)
        if actor in store.responders.of(there.number):
            return
        if there.lead:
            store.responders.join(there.number, actor, now=now)
            line = f"joined {there.key}"
        else:
            store.timeline.add(there.number, kind=headlines.ACKNOWLEDGED, text=f"acknowledged by {actor}", actor=actor, now=now)
            there, line = (
                store.incidents.set_lead(there.number, actor, actor=actor, now=now),
                f"acknowledged {there.key} and leads it",
            )
        changed(context, job, there, verb="lead", actor=actor, line=line)

    return guarded(context, job, "lead", incident.service, do)


def _timeline(context: Context, job: Job) -> Commit:
    """Show the person alone what happened when; the menu has no other entry that is not a modal."""
    incident = context.store.incidents.get(int(job.payload["value"].split()[1]))
    message = replies.timeline(incident, context.store.timeline.of(incident.number))
    return lambda: reply(context, job, message)


CLICKS: Mapping[str, Callable[[Context, Job], Commit]] = {
    headlines.RERUN: _rerun,
    headlines.ACKNOWLEDGE: _acknowledge,
    headlines.MORE: _timeline,
    DIAGNOSE: _diagnose,
    home.FROM_HOME: _from_home,
    reminding.SNOOZE: reminding.snooze,
}


def _diagnosis(context: Context, job: Job, service: str, *, channel: str, headline_key: str = "", thread_ts: str = "") -> Commit:
    """Return the commit that queues a diagnosis, if the person may ask for one."""
    payload = diagnosis_payload(
        service,
        actor=actor_of(job),
        channel=channel,
        thread_ts=thread_ts,
        response_url=job.payload["response_url"],
        headline=headline_key,
    )

    def do() -> None:
        context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())

    return guarded(context, job, "diagnose", service, do)
