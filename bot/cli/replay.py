"""`gocrash replay INC-7|DIR|FILE.tar`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.incident.access import incident_number, open_store, say_missing
from bot.cli.options import config_option, data_option, read_config

if TYPE_CHECKING:
    from bot.retrospect.saved import Saved

_KEY = re.compile(r"INC-\d+", re.ASCII | re.IGNORECASE)


@click.command("replay")
@click.argument("source", metavar="INC-7|DIR|FILE.tar")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the differences.")
@config_option
@data_option
def command(source: str, form: str, config_file: Path | None, data: Path) -> None:
    """Judge saved evidence with today's playbooks, and say what changed."""
    from bot.diagnose import judge, load_engine, subject_of  # noqa: PLC0415  # `--help` needs none of it
    from bot.render.document import document, json_text  # noqa: PLC0415
    from bot.render.replay import compare, replay_json, replay_text  # noqa: PLC0415

    config = read_config(config_file)
    saved = _saved(source, data)
    engine = load_engine(config)
    today = document(judge(saved.bundle, engine, subject_of(saved.bundle.service, config)).diagnosis)
    differences = compare(saved.document, today)
    if form == "json":
        click.echo(json_text(replay_json(saved.document, today, differences)), nl=False)
    else:
        click.echo(replay_text(saved.document, today, differences), nl=False)


def _saved(source: str, data: Path) -> Saved:
    from bot.cli.saved import saved_path  # noqa: PLC0415
    from bot.retrospect.saved import saved_incident  # noqa: PLC0415

    if _KEY.fullmatch(source) and not Path(source).exists():
        with open_store(data, reading=True) as store:
            saved = saved_incident(store, incident_number(source))
        say_missing(saved.bundle)
        return saved
    return saved_path(Path(source))
