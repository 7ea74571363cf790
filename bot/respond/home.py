"""The job `home`: publishes the Home tab of one person. Nothing is lost when that fails: the next opening does it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from importlib.metadata import version

from bot.errors import SlackError
from bot.incidents.activity import Look
from bot.model.incident import Incident, Job
from bot.model.message import Action
from bot.render.phrases import count_text, names_text, utc_text
from bot.render.slack import home
from bot.render.slack.home import Overview, OwnService, RecentDiagnosis
from bot.respond.context import Commit, Context
from bot.respond.verbs import VERBS

LATELY = timedelta(days=30)
FROM_HOME = "home"
# What somebody needs first; `help` tells the rest.
HELPFUL = ("diagnose", "incidents", "show", "timeline", "note", "status", "resolve", "help")


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    user = job.payload["user"]
    overview = overview_for(context, user, notice=job.payload["notice"])
    context.workspace.publish_home(user, home.home(overview))
    return lambda: None


def give_up(_context: Context, _job: Job, _reason: str) -> Commit:
    """Say nothing: the log has it."""
    return lambda: None


def overview_for(context: Context, user: str, *, notice: str = "") -> Overview:
    """Return what concerns a person. Asks Slack: call it outside of transactions."""
    looks = {look.service: look for look in context.store.activity.last_look_at_each()}
    incidents = context.store.incidents.list_incidents(status="open", limit=100)
    troubles = list(_troubles(context, looks.values()))
    return Overview(
        at=context.now(),
        incidents=incidents,
        services=[_own(context, name, incidents, looks.get(name)) for name in _services(context, user)],
        diagnoses=[
            RecentDiagnosis(look.service, look.at, look.verdict, f"INC-{look.incident}" if look.incident is not None else "")
            for look in context.store.activity.last_looks(home.DIAGNOSES_SHOWN)
        ],
        health=[*troubles, *_state(context)],
        well=not troubles,
        usages=[VERBS[verb].help.usage for verb in HELPFUL],
        notice=notice,
    )


def _services(context: Context, user: str) -> list[str]:
    """Return the services a person worked on lately, then those whose `allow` names them."""
    since, configured = context.now() - LATELY, context.config.services
    touched = context.store.activity.services_of(context.workspace.name(user), since=since)
    named = (name for name, service in configured.items() if _is_named(context, user, service.allow.values()))
    return [name for name in dict.fromkeys((*touched, *named)) if name in configured]


def _is_named(context: Context, user: str, allowed: Iterable[Sequence[str]]) -> bool:
    names = {name for some in allowed for name in some}
    return user in names or any(user in _members(context, name) for name in names if name.startswith(("@", "S")))


def _members(context: Context, group: str) -> frozenset[str]:
    try:
        return context.workspace.members(group)
    except SlackError:
        # What the tab shows of it is a convenience; `permissions` says so where it matters.
        return frozenset()


def _own(context: Context, name: str, incidents: Sequence[Incident], look: Look | None) -> OwnService:
    own = [incident for incident in incidents if incident.service == name]
    state = ", ".join(f"{incident.key} is {incident.status}" for incident in own) or "no open incident"
    channel = context.config.service(name).channel
    if not channel and look and look.headline:
        channel = context.store.outbox.get(look.headline).channel
    button = Action(action_id=f"{FROM_HOME}:{name}", label=f"Diagnose {name}", value=f"{name} {channel}")
    return OwnService(name=name, state=state, channel=channel, diagnose=button if channel else None)


def _troubles(context: Context, looks: Iterable[Look]) -> Iterator[str]:
    """Yield what is not well: sources that gave nothing when a service was last looked at."""
    for look in looks:
        failed = [
            f"{failure['kind']} of {target['instance']}"
            for target in look.document["targets"]
            for failure in target["failures"]
            if not target["collected"]
        ]
        if failed and look.service in context.config.services:
            yield f"{look.service}: {names_text(failed)} could not be had, {utc_text(look.at)}"


def _state(context: Context) -> Iterator[str]:
    store = context.store
    last = store.activity.last_event_at()
    yield f"runs since {utc_text(context.started_at)}" + (f", heard from outside last {utc_text(last)}" if last else "")
    # Without the job that draws this.
    jobs, messages = store.queue.unfinished() - 1, store.outbox.waiting()
    yield f"{count_text(jobs, 'job')} at work or waiting, {count_text(messages, 'message')} to send"
    counted = count_text(len(context.engine.playbooks), "playbook")
    yield f"gocrash {version('gocrash')}, {counted}, {count_text(len(context.config.services), 'service')}"
