"""What a notice of an alert leads to: a question, one more line in what is being answered already, or nothing but a count.

One incident of a service is open at a time, and one message answers it; every alert of the service belongs to it. So:

- An alert while nothing is open is a question: it is answered in its own thread (over HTTP in the service's channel).
- An alert while something is open, or is just being looked at, is written into its timeline and counted in its headline; one
  short line in its own thread points there. There are at most `LINES` such lines within `defaults.group`; the last says so.
- It leads to another look, which edits the same headline, only when it says something new (it did not fire before) and the last
  look at the service began longer than `defaults.group` ago: a storm that lasts is looked at once per window.
- That an alert is over, or was acknowledged, is written down and shown; nobody is asked, and the incident stays open.
- Of a muted service everything is written down and counted, and nothing is said.

An alert that was said to fire before it was said to be over, but came in after that, is a question all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.incidents.alerts import states
from bot.incidents.incidents import SERVICE_KEY
from bot.model.alert import Notice, NoticeState
from bot.model.incident import Incident
from bot.respond import headlines, pointing
from bot.respond.asking import diagnosis_payload
from bot.respond.context import Context

log = structlog.get_logger(__name__)

OF_MESSAGE = "alert-"
"""Begins the outbox key of an answer in the thread of an alert's message."""
LINES = 5
"""Lines that point to one answer within one window."""
TOLD = 10
"""From this one on, repeats of one alert are told in the timeline only when they have doubled in number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a notice would be answered: the outbox key of the answer, its channel (empty: nowhere) and its thread."""

    headline: str
    channel: str
    thread_ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _There:
    """What is open of a service: the incident, the message that answers it, and what was said of its alerts so far."""

    incident: Incident | None = None
    headline: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def messages(self) -> dict[tuple[str, str], str]:
        """By which alert every message was posted for."""
        return {(said.channel, said.ts): said.fingerprint for said in reversed(self.notices) if said.ts}


def take(context: Context, service: str, notices: Sequence[Notice], place: Place) -> None:
    """Write notices of one service's alerts down, and do what follows. Writes only: call it inside a transaction."""
    there = _there(context, service)
    muted = context.store.mutes.active(service, now=context.now()) is not None
    fires = any(notice.state is NoticeState.FIRING for notice in notices)
    asks = fires and not muted and bool(place.channel) and not there.headline
    fresh = _add(context, notices, there, headline=there.headline or (place.headline if asks else ""))
    firing = [notice for notice in fresh if notice.state is NoticeState.FIRING]
    answered = "asked" if asks else "grouped" if there.headline else "unanswered"
    _count(context, fresh, "muted" if muted else answered)
    if not firing or muted:
        return
    if asks:
        for notice in firing:
            context.store.alerts.claim(notice)
        _ask(context, service, firing, place)
    elif not there.headline:
        log.warning("an alert cannot be answered: give the service a `channel` in the configuration", service=service)
    else:
        _join(context, service, firing, there)


def note(context: Context, service: str, notice: Notice, headline: str) -> None:
    """Only write a notice down, as one that the answer called `headline` is about. Writes only."""
    _count(context, _add(context, [notice], _there(context, service), headline=headline), "asked")


def _ask(context: Context, service: str, firing: Sequence[Notice], place: Place, *, again: bool = False) -> None:
    """Queue the diagnosis that answers alerts; one that looks `again` leaves the answer as it is until it has another."""
    first, more = firing[0], len(firing) - 1
    details = details_of(first) | ({"title": f"{first.title} (and {more} more)"} if more else {})
    payload = diagnosis_payload(
        service,
        actor=first.source,
        channel=place.channel,
        thread_ts=place.thread_ts,
        headline=place.headline,
        alert=details,
        unasked=again,
    )
    context.store.queue.enqueue(kind="diagnose", payload=payload, now=context.now())


def attach(context: Context, incident: Incident, headline: str) -> None:
    """Let what an answer is about belong to the incident that it has opened or joined. Writes only."""
    notices = context.store.alerts.without_incident(headline)
    earlier = context.store.alerts.of_incident(incident.number)
    for notice in notices:
        context.store.alerts.attach(notice, incident.number)
    _tell(context, incident, notices, earlier)


def details_of(notice: Notice) -> dict[str, str]:
    """Return what a timeline event keeps of a notice."""
    return {"source": notice.source, "fingerprint": notice.fingerprint, "title": notice.title, "state": notice.state.value}


def _there(context: Context, service: str) -> _There:
    store = context.store
    incident = next(
        (one for one in store.incidents.list_incidents(status="open", service=service) if one.dedup_key == SERVICE_KEY), None
    )
    if incident is None:
        pending = store.alerts.pending(service)
        return _There(headline=pending, notices=store.alerts.of_answer(pending))
    notices = store.alerts.of_incident(incident.number)
    answers = (incident.headline, *(notice.headline for notice in reversed(notices)))
    # What was read out of a log stays as it is: a look at the service is no answer to it.
    standing = (key for key in answers if key and not key.startswith(headlines.OF_LOG) and store.outbox.holds(key))
    return _There(incident=incident, headline=next(standing, "") or store.alerts.pending(service), notices=notices)


def _add(context: Context, notices: Sequence[Notice], there: _There, *, headline: str) -> list[Notice]:
    """Write notices down; return those that are new, once the open incident tells of them."""
    incident = there.incident
    placed = (replace(notice, headline=headline, incident=incident.number if incident else None) for notice in notices)
    fresh = [notice for notice in placed if context.store.alerts.add(notice)]
    if incident and fresh:
        _tell(context, incident, fresh, there.notices)
        headlines.refresh(context, incident)
    return fresh


def _join(context: Context, service: str, firing: Sequence[Notice], there: _There) -> None:
    """Let alerts belong to what is being answered already."""
    burning = {state.fingerprint for state in states(there.notices) if state.state is not NoticeState.RESOLVED}
    messages = there.messages
    news = [each for each in firing if messages.get((each.channel, each.ts), each.fingerprint) not in burning]
    if news and there.incident and _is_time(context, service):
        message = context.store.outbox.get(there.headline)
        place = Place(headline=there.headline, channel=message.channel, thread_ts=message.thread_ts)
        _ask(context, service, news, place, again=True)
    for notice in firing:
        if notice.ts and (notice.channel, notice.ts) not in messages:
            _point(context, notice, there)


def _is_time(context: Context, service: str) -> bool:
    """Say whether the last look at a service began long enough ago for another one."""
    queue = context.store.queue
    last = queue.last_asked_for("diagnose", service)
    ago = context.now() - last if last else None
    return (ago is None or ago.total_seconds() >= context.config.defaults.group) and not queue.is_asked_for(service, ["diagnose"])


def _point(context: Context, notice: Notice, there: _There) -> None:
    """Queue the line that says where an alert is answered, unless there were enough of them lately."""
    since = notice.said_at - timedelta(seconds=context.config.defaults.group)
    lately = {
        (said.channel, said.ts)
        for said in there.notices
        if said.ts
        and said.state is NoticeState.FIRING
        and said.said_at > since
        and f"{OF_MESSAGE}{said.channel}-{said.ts}" != there.headline
    }
    if len(lately) < LINES:
        seen = sum(said.fingerprint == notice.fingerprint and said.state is NoticeState.FIRING for said in there.notices)
        pointing.ask(context, notice, there.headline, occurrences=seen + 1, is_last=len(lately) == LINES - 1)


def _tell(context: Context, incident: Incident, notices: Sequence[Notice], earlier: Sequence[Notice]) -> None:
    """Add notices to the timeline of an incident; `earlier` ones stand there already."""
    counts = Counter((said.fingerprint, said.state) for said in earlier)
    for notice in notices:
        counts[notice.fingerprint, notice.state] += 1
        times = counts[notice.fingerprint, notice.state]
        if _is_told(times):
            context.store.timeline.add(
                incident.number,
                kind="occurrence" if notice.state is NoticeState.FIRING and times > 1 else "alert",
                text=_line(notice, times),
                actor=notice.source,
                now=context.now(),
                occurred_at=notice.occurred_at,
                permalink=incident.permalink,
                details=details_of(notice),
            )


def _is_told(times: int) -> bool:
    """Say whether this repeat has an entry of its own: the first `TOLD`, then every one at which they have doubled.

    >>> [times for times in range(1, 100) if _is_told(times)]
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 40, 80]
    """
    share, rest = divmod(times, TOLD)
    return times <= TOLD or (not rest and share & (share - 1) == 0)


SAYS: Mapping[NoticeState, str] = {
    NoticeState.FIRING: "says it fires",
    NoticeState.ACKNOWLEDGED: "says somebody acknowledged it",
    NoticeState.RESOLVED: "says it is over",
}


def _line(notice: Notice, times: int) -> str:
    if notice.state is NoticeState.FIRING and times == 1:
        return notice.title
    count = f" (seen {times:,} times)" if times > TOLD else ""
    return f"{notice.source} {SAYS[notice.state]}: {notice.title}{count}"


def _count(context: Context, notices: Sequence[Notice], outcome: str) -> None:
    for notice in notices:
        over = notice.state is not NoticeState.FIRING and outcome != "muted"
        context.metrics.alerts.labels(outcome=notice.state.value if over else outcome).inc()
