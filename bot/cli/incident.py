"""`gocrash incident VERB`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import data_option
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.incidents.store import Store


@click.group("incident")
def command() -> None:
    """List and show incidents and their timelines."""


@command.command("list")
@click.argument("service", default="", metavar="[SERVICE]")
@click.option("--all", "every", is_flag=True, help="Resolved ones as well.")
@data_option
def list_(service: str, every: bool, data: Path) -> None:
    """List open incidents, newest first."""
    from rich.console import Console  # noqa: PLC0415  # `--help` needs none of it

    from bot.render.incidents import print_incidents  # noqa: PLC0415

    with _store(data) as store:
        found = store.incidents.list_incidents(status="all" if every else "open", service=service or None)
    print_incidents(found, Console())


@command.command("show")
@click.argument("key", metavar="INC-7")
@data_option
def show(key: str, data: Path) -> None:
    """Say what an incident is about: its state, its last diagnosis, its evidence."""
    from rich.console import Console  # noqa: PLC0415

    from bot.render.incidents import print_incident  # noqa: PLC0415

    with _store(data) as store:
        incident = store.incidents.get(_number(key))
        evidence = store.evidence.of_incident(incident.number)
        latest = store.diagnoses.latest(incident.number)
    print_incident(incident, latest, evidence, Console())


@command.command("timeline")
@click.argument("key", metavar="INC-7")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json", "csv"]), default="text", help="How to print it.")
@data_option
def timeline(key: str, form: str, data: Path) -> None:
    """Print what happened when, and who did what (UTC)."""
    from bot.render import timeline as render  # noqa: PLC0415

    with _store(data) as store:
        incident = store.incidents.get(_number(key))
        events = store.timeline.of(incident.number)
    forms = {
        "text": lambda: render.timeline_text(events),
        "markdown": lambda: render.timeline_markdown(incident, events),
        "json": lambda: render.timeline_json(incident, events),
        "csv": lambda: render.timeline_csv(events),
    }
    click.echo(forms[form](), nl=False)


def _store(data: Path) -> Store:
    """Open the store for reading.

    Raises:
        UsageError: nothing was ever stored there.
    """
    from bot.incidents.store import DATABASE_NAME, Store  # noqa: PLC0415

    if not (data / DATABASE_NAME).exists():
        raise UsageError(f"there is no database in {data}: give the bot's directory with --data, or set GOCRASH_DATA")
    return Store(data)


def _number(key: str) -> int:
    text = key.upper().removeprefix("INC-")
    if not text.isdecimal():
        raise UsageError(f"`{key}` is no incident: write INC-7 or 7")
    return int(text)
