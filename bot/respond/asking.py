"""What a job says of the person behind it, and the payload of a diagnosis that somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.incident import Job

DIAGNOSE = "diagnose"
"""The button that asks for a diagnosis, as its action id begins: `diagnose:checkout`."""


def actor_of(job: Job) -> str:
    """Return who set a job off, as people call them: Slack's name for them where the event says it, else their id."""
    return str(job.payload["name"] or job.payload["user"])


def diagnosis_payload(
    service: str,
    *,
    actor: str,
    channel: str,
    thread_ts: str = "",
    response_url: str = "",
    headline: str = "",
    alert: Mapping[str, str] | None = None,
    instance: str = "",
    since_seconds: float | None = None,
    deep: bool = False,
    unasked: bool = False,
) -> dict[str, object]:
    """Return the payload of a job `diagnose`. `headline` names an answer to be made anew; empty begins a new one.

    Whoever asks may narrow it to one `instance`, say how far back logs are read, and want the full dump whatever it freezes
    (`deep`). One that nobody has asked for (`unasked`) is told of only where it opens or joins an incident.
    """
    return {
        "service": service,
        "actor": actor,
        "channel": channel,
        "thread_ts": thread_ts,
        "response_url": response_url,
        "headline": headline,
        "alert": alert,
        "instance": instance,
        "since_seconds": since_seconds,
        "deep": deep,
        "unasked": unasked,
    }
