"""`gocrash incident VERB`: verbs that read, verbs that count, verbs that change something, verbs that write files."""

from __future__ import annotations

import click

from bot.cli.incident import changing, files, measuring, reading


@click.group("incident")
def command() -> None:
    """Open, follow, search and measure incidents."""


for _verb in (*reading.VERBS, *measuring.VERBS, *changing.VERBS, *files.VERBS):
    command.add_command(_verb)
