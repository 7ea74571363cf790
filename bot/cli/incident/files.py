"""The verbs that write documents: export, postmortem."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from bot.cli.incident.access import incident_number, now, open_store, say_missing, zone_option
from bot.cli.options import config_option, data_option, read_config
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.incidents.store import Store
    from bot.retrospect.saved import Saved


@click.command("export")
@click.argument("key", metavar="INC-7")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.tar")
@data_option
def export(key: str, file: Path, data: Path) -> None:
    """Write everything of an incident to one archive, which `gocrash diagnose` and `gocrash replay` read back.

    It holds the timeline, every diagnosis, and the evidence: that of the last diagnosis as a bundle, other collections beside it.
    """
    from bot.collect.archive import pack  # noqa: PLC0415  # `--help` needs none of it

    if not file.parent.is_dir():
        raise UsageError(f"there is no directory {file.parent}: make it, or name another file")
    with open_store(data, reading=True) as store, TemporaryDirectory(prefix="gocrash-") as scratch:
        number = incident_number(key)
        directory = Path(scratch, store.incidents.get(number).key)
        _write(store, number, directory)
        pack(directory, file)
    click.echo(f"{file} written")


def _write(store: Store, number: int, directory: Path) -> None:
    from bot.cli.saved import DIAGNOSIS  # noqa: PLC0415
    from bot.render.document import json_text  # noqa: PLC0415
    from bot.render.timeline import timeline_json, timeline_markdown  # noqa: PLC0415
    from bot.retrospect.saved import saved_collections  # noqa: PLC0415

    incident, events, documents = store.incidents.get(number), store.timeline.of(number), store.diagnoses.of(number)
    *others, last = saved_collections(store, number) or (None,)
    directory.mkdir()
    if last:
        _write_saved(last, directory)
    elif documents:
        (directory / DIAGNOSIS).write_text(json_text(documents[-1]), "utf-8")
    for index, other in enumerate(filter(None, others), start=1):
        _write_saved(other, directory / "collections" / str(index))
    (directory / "timeline.json").write_text(timeline_json(incident, events), "utf-8")
    (directory / "timeline.md").write_text(timeline_markdown(incident, events), "utf-8")
    for index, document in enumerate(documents, start=1):
        file = directory / "diagnoses" / f"{index}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json_text(document), "utf-8")


def _write_saved(saved: Saved, directory: Path) -> None:
    """Write evidence as a bundle, and what was said about it."""
    from bot.cli.saved import DIAGNOSIS  # noqa: PLC0415
    from bot.collect.bundle import as_it_is, write_bundle  # noqa: PLC0415
    from bot.render.document import json_text  # noqa: PLC0415

    say_missing(saved.bundle)
    write_bundle(saved.bundle, directory, as_it_is)
    if saved.document:
        (directory / DIAGNOSIS).write_text(json_text(saved.document), "utf-8")


@click.command("postmortem")
@click.argument("key", metavar="INC-7")
@click.option("--format", "form", type=click.Choice(["markdown", "html"]), default="markdown", help="How to print it.")
@zone_option
@config_option
@data_option
def postmortem(key: str, form: str, zone: tzinfo, config_file: Path | None, data: Path) -> None:
    """Print the draft of a postmortem: everything that is known, and gaps for what only people know."""
    from bot.diagnose import load_engine  # noqa: PLC0415
    from bot.render import postmortem as render  # noqa: PLC0415
    from bot.render.page import postmortem_html  # noqa: PLC0415
    from bot.retrospect.known import known_of  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        config = read_config(config_file)
        known = known_of(store, incident_number(key), config, load_engine(config), now=now())
        draft = render.postmortem(known, zone=zone)
    if form == "html":
        draft = postmortem_html(known.incident, known.events, draft, known.growths, now=now(), zone=zone)
    click.echo(draft, nl=False)


VERBS = (export, postmortem)
