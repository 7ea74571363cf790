"""The verbs that read: list, show, timeline, history, search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.incident.access import incident_number, now, open_store, zone_option
from bot.cli.options import config_option, data_option, read_config
from bot.model.incident import Incident, TimelineEvent

if TYPE_CHECKING:
    from bot.incidents.store import Store
    from bot.render.growth import Growth


@click.command("list")
@click.argument("service", default="", metavar="[SERVICE]")
@click.option("--all", "every", is_flag=True, help="Resolved ones as well.")
@data_option
def list_(service: str, every: bool, data: Path) -> None:
    """List open incidents, newest first."""
    from rich.console import Console  # noqa: PLC0415  # `--help` needs none of it

    from bot.render.incidents import print_incidents  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        found = store.incidents.list_incidents(status="all" if every else "open", service=service or None)
    print_incidents(found, Console())


@click.command("show")
@click.argument("key", metavar="INC-7")
@data_option
def show(key: str, data: Path) -> None:
    """Say what an incident is about: its state, its last diagnosis, its evidence, incidents that go with it."""
    from rich.console import Console  # noqa: PLC0415

    from bot.render.incidents import print_incident  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        incident = store.incidents.get(incident_number(key))
        evidence = store.evidence.of_incident(incident.number)
        latest = store.diagnoses.latest(incident.number)
        linked = store.links.of(incident.number)
        related = store.memory.related(incident.number)
        responders = store.responders.of(incident.number)
    print_incident(incident, latest, evidence, Console(), linked=linked, related=related, responders=responders)


@click.command("timeline")
@click.argument("key", metavar="INC-7")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json", "csv", "html"]), default="text", help="How to print it."
)
@zone_option
@config_option
@data_option
def timeline(key: str, form: str, zone: tzinfo, config_file: Path | None, data: Path) -> None:
    """Print what happened when, and who did what; as HTML with charts of how the findings grew."""
    from bot.render import timeline as render  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        incident = store.incidents.get(incident_number(key))
        events = store.timeline.of(incident.number)
        growths = _growths(store, incident.number, config_file) if form == "html" else ()
    forms = {
        "text": lambda: render.timeline_text(events, zone=zone),
        "markdown": lambda: render.timeline_markdown(incident, events, zone=zone),
        "json": lambda: render.timeline_json(incident, events),
        "csv": lambda: render.timeline_csv(events),
        "html": lambda: _page(incident, events, growths, zone),
    }
    click.echo(forms[form](), nl=False)


def _growths(store: Store, number: int, config_file: Path | None) -> tuple[Growth, ...]:
    from bot.diagnose import load_engine  # noqa: PLC0415  # the other formats need no playbooks
    from bot.retrospect.known import growths_in  # noqa: PLC0415

    return growths_in(store, number, load_engine(read_config(config_file)))


def _page(incident: Incident, events: Sequence[TimelineEvent], growths: Sequence[Growth], zone: tzinfo) -> str:
    from bot.render.page import timeline_html  # noqa: PLC0415  # the other formats need no templates

    return timeline_html(incident, events, growths, now=now(), zone=zone)


@click.command("history")
@click.argument("service", metavar="SERVICE")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@data_option
def history(service: str, limit: int, data: Path) -> None:
    """List a service's incidents with what was found, how long they took, and what resolved them."""
    from rich.console import Console  # noqa: PLC0415

    from bot.render.incidents import print_history  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        past = store.memory.history(service, limit=limit)
    print_history(past, Console())


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--service", default="", help="In incidents of this service only.", metavar="NAME")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@data_option
def search(words: tuple[str, ...], service: str, limit: int, data: Path) -> None:
    """Find incidents whose timeline or findings hold all the words."""
    from rich.console import Console  # noqa: PLC0415

    from bot.render.incidents import print_hits  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        hits = store.memory.search(" ".join(words), service=service or None, limit=limit)
    print_hits(hits, Console())


VERBS = (list_, show, timeline, history, search)
