"""Verbs that bring documents: `postmortem`, `stats`, `budget`, `runbook`."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path

from bot.collect.bundle import read_bundle
from bot.diagnose import Subject, judge, subject_of
from bot.errors import UsageError
from bot.model.evidence import Bundle
from bot.model.message import SlackFile
from bot.model.rule import Playbook
from bot.model.units import parse_duration
from bot.render import numbers, page
from bot.render import postmortem as render
from bot.render.slack import lists, replies
from bot.respond.context import Commit, Context
from bot.respond.verbs.looking import nearest_services
from bot.respond.verbs.request import Request
from bot.retrospect.known import budget_of, known_of, statistics_of
from bot.retrospect.saved import saved_collections

STATS_SECONDS = 90 * 86400.0
FROM_AN_EXAMPLE = (
    "_The names and numbers in this runbook are those of an example: nothing of the kind was found here lately._\n\n"
)


def postmortem(request: Request) -> Commit:
    """`postmortem INC-7`: the draft, as Markdown to work on and as a page to look at."""
    incident, _ = request.incident()
    context = request.context
    known = known_of(context.store, incident.number, context.config, context.engine, now=context.now())
    draft = render.postmortem(known)
    shown = page.postmortem_html(known.incident, known.events, draft, known.growths, now=context.now())
    title = f"Postmortem of {incident.key}"
    files = [
        SlackFile(name=f"{incident.key}-postmortem.md", title=title, content=draft.encode()),
        SlackFile(name=f"{incident.key}-postmortem.html", title=f"{title}, with charts", content=shown.encode()),
    ]
    said = "everything that is known, and gaps for what only people know"

    def do() -> None:
        request.say(lists.document(title, said, files))()

    return request.change("postmortem", incident.service, do)


def stats(request: Request) -> Commit:
    """`stats [checkout] [30d]`."""
    context, words = request.context, [word.lower() for word in request.words]
    lengths = [word for word in words if word[:1].isdecimal()]
    names = [word for word in words if word not in lengths]
    if names and names[0] not in context.config.services:
        return request.say(nearest_services(context, names[0]))
    service, now = names[0] if names else None, context.now()
    since = now - timedelta(seconds=parse_duration(lengths[0]) if lengths else STATS_SECONDS)
    found = statistics_of(context.store, service, context.config, since=since, now=now)
    charts = SlackFile(name="stats.html", title="Incidents in numbers, with charts", content=numbers.stats_html(found).encode())
    return request.say(lists.stats(found, of=service or "all services", files=[charts]))


def budget(request: Request) -> Commit:
    """`budget checkout`."""
    context = request.context
    if not request.words:
        raise UsageError("name a service: /gocrash budget checkout")
    name = request.words[0].lower()
    if name not in context.config.services:
        return request.say(nearest_services(context, name))
    found = budget_of(context.store, name, context.config, context.now())
    if found is None:
        raise UsageError(f"{name} has no objective: add `slo: {{objective: 99.95, window: 28d}}` to it in the configuration")
    return request.say(lists.budget(found))


def runbook(request: Request) -> Commit:
    """`runbook goroutine-leak-channel-send`; in an incident's thread without a name, that of what was found last."""
    context = request.context
    name = request.words[0].lower() if request.words else _playbook_here(request)
    playbook = next((each for each in context.engine.playbooks if each.name == name), None)
    if playbook is None:
        near = get_close_matches(name, [each.name for each in context.engine.playbooks], n=3, cutoff=0.4)
        raise UsageError(f"there is no playbook `{name}`" + (f": did you mean {' or '.join(near)}?" if near else ""))
    return request.say(replies.runbook(playbook.name, playbook.rule.title, _filled_in(request, playbook)))


def _playbook_here(request: Request) -> str:
    latest = request.context.store.diagnoses.latest(request.here) if request.here is not None else None
    if not latest or not latest["findings"]:
        raise UsageError("name a playbook: /gocrash runbook goroutine-leak-channel-send")
    return str(latest["findings"][0]["playbook"])


def _filled_in(request: Request, playbook: Playbook) -> str:
    """Return the runbook with the names and numbers of the newest incident in which it was found, else of one of its examples."""
    context = request.context
    number = request.here if request.here is not None else context.store.diagnoses.last_incident_with(playbook.name)
    if number is not None:
        service = context.store.incidents.get(number).service
        subject = subject_of(service, context.config)
        for saved in reversed(saved_collections(context.store, number)):
            if text := _runbook_in(saved.bundle, context, subject, playbook):
                return text
    examples = sorted(Path(playbook.directory, "examples").glob("fires-*"))
    found = (_runbook_in(read_bundle(example), context, Subject(name="checkout"), playbook) for example in examples)
    return FROM_AN_EXAMPLE + next(filter(None, found), playbook.runbook)


def _runbook_in(bundle: Bundle, context: Context, subject: Subject, playbook: Playbook) -> str:
    diagnosis = judge(bundle, context.engine, subject).diagnosis
    fingerprints = (finding.fingerprint for finding in diagnosis.findings if finding.playbook == playbook.name)
    return next((diagnosis.runbooks[each] for each in fingerprints if each in diagnosis.runbooks), "")
