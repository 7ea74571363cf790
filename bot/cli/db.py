"""`gocrash db VERB`: copies of the database, its check, and what may be thrown away."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.cli.incident.access import open_store
from bot.cli.options import config_option, data_option, read_config

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("db")
def command() -> None:
    """Back up, restore, check and prune what the bot remembers."""


@command.command("backup")
@click.argument("file", type=_FILE)
@data_option
def backup(file: Path, data: Path) -> None:
    """Write a consistent copy of the database to FILE, while the bot runs. Copy the directory `evidence` after it."""
    from bot.incidents import backup as copies  # noqa: PLC0415  # `--help` needs none of it

    copies.backup(_database(data), file)
    click.echo(f"{file} written; now copy {data / 'evidence'}: its files never change")


@command.command("restore")
@click.argument("file", type=_FILE)
@data_option
def restore(file: Path, data: Path) -> None:
    """Put the copy FILE in the place of the database, which is moved aside. The bot must not run."""
    from bot.incidents import backup as copies  # noqa: PLC0415

    data.mkdir(parents=True, exist_ok=True)
    aside = copies.restore(file, _database(data), now=datetime.now(UTC))
    click.echo(f"{_database(data)} restored from {file}" + (f"; the database before it is {aside}" if aside else ""))


@command.command("check")
@data_option
def check(data: Path) -> None:
    """Check the database and that every piece of evidence is there. Exit status 1 when something is wrong."""
    from bot.incidents import backup as copies  # noqa: PLC0415

    problems = copies.problems(_database(data))
    if not problems:
        with open_store(data, reading=True) as store:
            problems = store.retention.missing()
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"{_database(data)}: {len(problems)} problems" if problems else f"{_database(data)} is sound")
    sys.exit(1 if problems else 0)


@command.command("prune")
@config_option
@data_option
def prune(config_file: Path | None, data: Path) -> None:
    """Remove evidence beyond `retention` of the configuration; what it was and what it showed stays."""
    from bot.model.units import format_size  # noqa: PLC0415

    keep = read_config(config_file).retention
    with open_store(data) as store:
        pruned = store.retention.prune(
            older_than=timedelta(seconds=keep.evidence), max_bytes=keep.evidence_max, now=datetime.now(UTC)
        )
    click.echo(f"pruned {pruned.pieces} pieces of evidence, {format_size(pruned.bytes)}; {format_size(pruned.bytes_left)} left")


def _database(data: Path) -> Path:
    from bot.incidents.store import DATABASE_NAME  # noqa: PLC0415

    return data / DATABASE_NAME
