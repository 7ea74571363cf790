"""Verbs that read: `incidents`, `show`, `history`, `search`, `timeline`. They change nothing, and everybody may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from bot.errors import UsageError
from bot.model.incident import Incident, TimelineEvent
from bot.model.message import SlackFile
from bot.render import page
from bot.render import timeline as render
from bot.render.slack import lists, notices, replies
from bot.respond.context import Commit
from bot.respond.verbs.looking import nearest_services
from bot.respond.verbs.request import Request

SHOWN = 20


def incidents(request: Request) -> Commit:
    """`incidents [open|all] [checkout]`."""
    words = [word.lower() for word in request.words]
    every = "all" in words
    service = next((word for word in words if word not in {"open", "all"}), None)
    if service and service not in request.context.config.services:
        return request.say(nearest_services(request.context, service))
    status = "all" if every else "open"
    found = request.context.store.incidents.list_incidents(status="all" if every else "open", service=service, limit=SHOWN)
    title = f"{status.capitalize()} incidents" + (f" of {service}" if service else "")
    return request.say(notices.incident_list(found, title=title))


def show(request: Request) -> Commit:
    """`show INC-7`."""
    incident, _ = request.incident()
    latest = request.context.store.diagnoses.latest(incident.number)
    return request.say(notices.incident(incident, verdict=latest["verdict"] if latest else ""))


def history(request: Request) -> Commit:
    """`history checkout`."""
    if not request.words:
        raise UsageError("name a service: /gocrash history checkout")
    name = request.words[0].lower()
    past = request.context.store.memory.history(name, limit=SHOWN)
    if not past and name not in request.context.config.services:
        return request.say(nearest_services(request.context, name))
    return request.say(lists.history(name, past))


def search(request: Request) -> Commit:
    """`search nginx 502`."""
    words = request.readable(request.text)
    return request.say(lists.hits(words, request.context.store.memory.search(words, limit=SHOWN)))


def timeline(request: Request) -> Commit:
    """`timeline INC-7 [markdown|json|csv|html]`: the latest events, with the rest as a file; or that file."""
    incident, rest = request.incident()
    form = rest.lower()
    if form and form not in FORMS:
        near = get_close_matches(form, FORMS, n=1)
        raise UsageError(
            f"a timeline is written as {', '.join(FORMS)}, not `{rest}`" + (f": did you mean {near[0]}?" if near else "")
        )
    events = request.context.store.timeline.of(incident.number)
    whole = _file(request, incident, events, form or "markdown")
    if form:
        return request.say(lists.document(f"Timeline of {incident.key}", f"{len(events):,} events of {incident.key}", [whole]))
    return request.say(replies.timeline(incident, events, whole=whole))


def _file(request: Request, incident: Incident, events: Sequence[TimelineEvent], form: str) -> SlackFile:
    text, suffix = FORMS[form](request, incident, events)
    return SlackFile(name=f"{incident.key}-timeline.{suffix}", title=f"Timeline of {incident.key}", content=text.encode())


FORMS: Mapping[str, Callable[[Request, Incident, Sequence[TimelineEvent]], tuple[str, str]]] = {
    "markdown": lambda _, incident, events: (render.timeline_markdown(incident, events), "md"),
    "json": lambda _, incident, events: (render.timeline_json(incident, events), "json"),
    "csv": lambda _, __, events: (render.timeline_csv(events), "csv"),
    "html": lambda request, incident, events: (page.timeline_html(incident, events, now=request.context.now()), "html"),
}
