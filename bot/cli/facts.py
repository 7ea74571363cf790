"""`gocrash facts SOURCE...`."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.options import config_option, read_config


@click.command("facts")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the tables.")
@click.option("--baseline", default="", help="Compare with an earlier bundle or file.", metavar="SOURCE")
@config_option
def command(sources: tuple[str, ...], form: str, baseline: str, config_file: Path | None) -> None:
    """Print the fact tables of a source: what a rule can select on, with the column names it selects by."""
    from rich.console import Console  # noqa: PLC0415  # `--help` needs none of it

    from bot.cli.sources import Wishes, diagnose_sources  # noqa: PLC0415
    from bot.diagnose import load_engine  # noqa: PLC0415
    from bot.render.facts import facts_json, facts_text  # noqa: PLC0415

    config = read_config(config_file)
    engine = load_engine(config)
    outcome = diagnose_sources(
        sources, config=config, engine=engine, wishes=Wishes(baseline=baseline), progress=lambda _text: None
    )
    if form == "json":
        click.echo(facts_json(outcome.facts), nl=False)
    else:
        facts_text(outcome.facts, Console())
