"""The verbs that change something: each is an event in the timeline, with who did it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from bot.cli.incident.access import MOMENT, actor_option, incident_number, now, open_store, said
from bot.cli.options import config_option, data_option, read_config
from bot.errors import UsageError
from bot.model.incident import SEVERITIES, Incident, Status

_TEXT = "[TEXT]..."


@click.command("open")
@click.argument("service", metavar="SERVICE")
@click.argument("title", nargs=-1, required=True)
@click.option(
    "--severity", type=click.Choice(SEVERITIES, case_sensitive=False), default="SEV3", show_default=True, help="How bad."
)
@actor_option
@config_option
@data_option
def open_(service: str, title: tuple[str, ...], severity: str, actor: str, config_file: Path | None, data: Path) -> None:
    """Open an incident by hand; a service has one open incident at a time."""
    from bot.incidents.incidents import SERVICE_KEY  # noqa: PLC0415  # `--help` needs none of it
    from bot.incidents.store import Store  # noqa: PLC0415

    config = read_config(config_file)
    if config.services:
        config.service(service)
    with Store(data) as store:
        incident, opened = store.incidents.open_or_join(
            service=service, dedup_key=SERVICE_KEY, title=said(" ".join(title)), severity=severity, opened_by=actor, now=now()
        )
    if not opened:
        raise UsageError(f"{incident.key} is open for {service}: add to it with `gocrash incident note {incident.key} TEXT`")
    _say(incident)


@click.command("note")
@click.argument("key", metavar="INC-7")
@click.argument("text", nargs=-1, required=True)
@click.option("--at", "occurred_at", type=MOMENT, help="When it happened, where that was not just now.", metavar="TIME")
@actor_option
@data_option
def note(key: str, text: tuple[str, ...], occurred_at: datetime | None, actor: str, data: Path) -> None:
    """Write a note into the timeline; `-` reads it from standard input."""
    words = sys.stdin.read().strip() if text == ("-",) else " ".join(text)
    if not words:
        raise UsageError("the note is empty: write what happened")
    with open_store(data) as store:
        event = store.incidents.add_note(incident_number(key), said(words), actor=actor, now=now(), occurred_at=occurred_at)
    click.echo(f"event {event.number} of INC-{event.incident}")


@click.command("move")
@click.argument("event", type=int, metavar="EVENT")
@click.argument("occurred_at", type=MOMENT, metavar="TIME")
@actor_option
@data_option
def move(event: int, occurred_at: datetime, actor: str, data: Path) -> None:
    """Correct when the matter of a note happened; EVENT is its number, which `timeline --format json` shows."""
    with open_store(data) as store:
        moved = store.timeline.move(event, occurred_at, actor=actor, now=now())
    click.echo(f"event {moved.number} of INC-{moved.incident}")


@click.command("withdraw")
@click.argument("event", type=int, metavar="EVENT")
@actor_option
@data_option
def withdraw(event: int, actor: str, data: Path) -> None:
    """Take an event out of its timeline; the database keeps it, with who withdrew it."""
    with open_store(data) as store:
        gone = store.timeline.withdraw(event, actor=actor, now=now())
    click.echo(f"event {gone.number} of INC-{gone.incident} withdrawn")


@click.command("status")
@click.argument("key", metavar="INC-7")
@click.argument("status", type=click.Choice([status.value for status in Status], case_sensitive=False))
@click.argument("text", nargs=-1, metavar=_TEXT)
@actor_option
@data_option
def status(key: str, status: str, text: tuple[str, ...], actor: str, data: Path) -> None:
    """Move an incident on; TEXT says why."""
    _change_status(key, Status(status), text, actor, data)


@click.command("resolve")
@click.argument("key", metavar="INC-7")
@click.argument("text", nargs=-1, metavar=_TEXT)
@actor_option
@data_option
def resolve(key: str, text: tuple[str, ...], actor: str, data: Path) -> None:
    """End an incident; TEXT says what resolved it, and is shown when the same failure comes again."""
    _change_status(key, Status.RESOLVED, text, actor, data)


@click.command("reopen")
@click.argument("key", metavar="INC-7")
@click.argument("text", nargs=-1, metavar=_TEXT)
@actor_option
@data_option
def reopen(key: str, text: tuple[str, ...], actor: str, data: Path) -> None:
    """Take a resolved incident up again; TEXT says why."""
    with open_store(data) as store:
        _say(store.incidents.reopen(incident_number(key), text=said(" ".join(text)), actor=actor, now=now()))


@click.command("severity")
@click.argument("key", metavar="INC-7")
@click.argument("severity", type=click.Choice(SEVERITIES, case_sensitive=False))
@actor_option
@data_option
def severity(key: str, severity: str, actor: str, data: Path) -> None:
    """Say how bad it is."""
    with open_store(data) as store:
        _say(store.incidents.set_severity(incident_number(key), severity, actor=actor, now=now()))


@click.command("lead")
@click.argument("key", metavar="INC-7")
@click.argument("who")
@actor_option
@data_option
def lead(key: str, who: str, actor: str, data: Path) -> None:
    """Say who leads."""
    with open_store(data) as store:
        _say(store.incidents.set_lead(incident_number(key), who, actor=actor, now=now()))


@click.command("link")
@click.argument("key", metavar="INC-7")
@click.argument("other", metavar="INC-8")
@actor_option
@data_option
def link(key: str, other: str, actor: str, data: Path) -> None:
    """Say that two incidents belong together."""
    one, two = incident_number(key), incident_number(other)
    with open_store(data) as store:
        store.links.add(one, two, actor=actor, now=now())
    click.echo(f"INC-{one} and INC-{two} are linked")


def _change_status(key: str, status: Status, text: tuple[str, ...], actor: str, data: Path) -> None:
    with open_store(data) as store:
        _say(store.incidents.change_status(incident_number(key), status, text=said(" ".join(text)), actor=actor, now=now()))


def _say(incident: Incident) -> None:
    from bot.render.incidents import incident_line  # noqa: PLC0415

    click.echo(incident_line(incident))


VERBS = (open_, note, move, withdraw, status, severity, lead, resolve, reopen, link)
