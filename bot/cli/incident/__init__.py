"""`gocrash incident VERB`: verbs that read, count, change something, concern people, or write files."""

from __future__ import annotations

import click

from bot.cli.incident import changing, files, measuring, people, reading


@click.group("incident")
def command() -> None:
    """Open, follow, search and measure incidents."""


for _verb in (*reading.VERBS, *measuring.VERBS, *changing.VERBS, *people.VERBS, *files.VERBS):
    command.add_command(_verb)
