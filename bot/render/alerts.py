"""The alerts of an incident in a few words: how many there are besides the first, and which are over."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.alert import AlertState, NoticeState
from bot.render.phrases import names_text, utc

TITLE_LENGTH = 60


def heard(alerts: Sequence[AlertState]) -> tuple[AlertState, ...]:
    """Return those that were said to fire: of another only the end was heard."""
    return tuple(alert for alert in alerts if alert.occurrences)


def alert_notes(alerts: Sequence[AlertState]) -> tuple[str, ...]:
    """Return what a headline says of an incident's alerts, the first of them first; nothing while one alert just fires."""
    there = heard(alerts)
    notes = []
    if len(there) > 1:
        titles = list(dict.fromkeys(_short(alert.title) for alert in there[1:]))
        notes.append(f"also: {names_text(titles)} ({len(there)} alerts)")
    for state, word in ((NoticeState.RESOLVED, "resolved"), (NoticeState.ACKNOWLEDGED, "acknowledged")):
        if found := [alert for alert in there if alert.state is state]:
            notes.append(_said(word, found, of=len(there)))
    return tuple(notes)


def _said(word: str, found: Sequence[AlertState], *, of: int) -> str:
    last = max(found, key=lambda alert: alert.since)
    at = f"{utc(last.since):%H:%M} UTC by {last.source}"
    if of == 1:
        return f"alert {word} {at}"
    return f"{f'all {of}' if len(found) == of else f'{len(found)} of {of}'} alerts {word}, the last {at}"


def _short(title: str) -> str:
    return title if len(title) <= TITLE_LENGTH else f"{title[:TITLE_LENGTH].rstrip()}…"
