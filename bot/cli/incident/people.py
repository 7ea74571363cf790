"""The verbs about the people of an incident: who works on it, when they are reminded, and what they say of a finding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.incident.access import actor_option, incident_number, now, open_store, said
from bot.cli.options import DURATION, data_option
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.incidents.store import Store


@click.command("join")
@click.argument("key", metavar="INC-7")
@click.argument("who", metavar="NAME")
@actor_option
@data_option
def join(key: str, who: str, actor: str, data: Path) -> None:
    """Let somebody work on an incident."""
    number = incident_number(key)
    with open_store(data) as store:
        store.responders.join(number, who, actor=actor, now=now())
        _say_responders(store, number)


@click.command("leave")
@click.argument("key", metavar="INC-7")
@click.argument("who", metavar="NAME")
@actor_option
@data_option
def leave(key: str, who: str, actor: str, data: Path) -> None:
    """Let somebody no longer work on an incident."""
    number = incident_number(key)
    with open_store(data) as store:
        store.responders.leave(number, who, actor=actor, now=now())
        _say_responders(store, number)


@click.command("snooze")
@click.argument("key", metavar="INC-7")
@click.argument("length", type=DURATION, metavar="DURATION")
@actor_option
@data_option
def snooze(key: str, length: float, actor: str, data: Path) -> None:
    """Put the reminder of an incident's next update off, by a time such as 2h."""
    from bot.render.phrases import utc_text  # noqa: PLC0415  # `--help` needs none of it

    moment = now()
    until = moment + timedelta(seconds=length)
    with open_store(data) as store:
        incident = store.duties.snooze(incident_number(key), until, actor=actor, now=moment)
    click.echo(f"{incident.key}: no reminder before {utc_text(until)}")


@click.command("wrong")
@click.argument("key", metavar="INC-7")
@click.argument("text", nargs=-1, required=True)
@click.option("--playbook", default="", help="Which finding, where not the first one.", metavar="NAME")
@actor_option
@data_option
def wrong(key: str, text: tuple[str, ...], playbook: str, actor: str, data: Path) -> None:
    """Say that a finding was wrong, and what it was instead; `incident stats` counts it against the playbook."""
    number = incident_number(key)
    with open_store(data) as store:
        service = store.incidents.get(number).service
        finding = _finding(store, number, playbook)
        store.feedback.give(
            incident=number,
            service=service,
            playbook=finding["playbook"],
            fingerprint=finding["fingerprint"],
            text=said(" ".join(text)),
            actor=actor,
            now=now(),
        )
    click.echo(f"INC-{number}: {finding['playbook']} was wrong, {actor} said")


def _finding(store: Store, number: int, playbook: str) -> Mapping[str, Any]:
    """Return the finding of a playbook that the incident had last; without a name, the first one of its last diagnosis with any.

    Raises:
        UsageError: there is none.
    """
    found: list[Mapping[str, Any]] = [
        finding for document in reversed(store.diagnoses.of(number)) for finding in document["findings"]
    ]
    if not found:
        raise UsageError(f"nothing was found in INC-{number}: there is nothing to be wrong about")
    chosen = next((finding for finding in found if playbook in {"", finding["playbook"]}), None)
    if chosen is None:
        names = ", ".join(dict.fromkeys(finding["playbook"] for finding in found))
        raise UsageError(f"`{playbook}` found nothing in INC-{number}: there is {names}")
    return chosen


def _say_responders(store: Store, number: int) -> None:
    there = ", ".join(store.responders.of(number)) or "nobody"
    click.echo(f"INC-{number}: {there}")


VERBS = (join, leave, snooze, wrong)
