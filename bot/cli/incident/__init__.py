"""`gocrash incident VERB`. Verbs that read are in `reading.py`, that change something in `changing.py`, that write files in `files.py`."""

from __future__ import annotations

import click

from bot.cli.incident import changing, files, reading


@click.group("incident")
def command() -> None:
    """Open, follow, search and link incidents."""


for _verb in (*reading.VERBS, *changing.VERBS, *files.VERBS):
    command.add_command(_verb)
