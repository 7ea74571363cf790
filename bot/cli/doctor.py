"""`gocrash doctor`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.options import config_option, data_option


@click.command("doctor")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@click.option("--deep", is_flag=True, help="Read every piece of evidence, not the newest ones only.")
@config_option
@data_option
def command(form: str, deep: bool, config_file: Path | None, data: Path) -> None:
    """Check configuration, tokens, scopes, services, playbooks, database: each line is ok or says how to mend it.

    Nothing is changed, posted or collected. Exit status 1 when something does not hold.
    """
    from rich.console import Console  # noqa: PLC0415  # `--help` needs none of it

    from bot.config import config_path  # noqa: PLC0415
    from bot.doctor.examine import Subject, examine  # noqa: PLC0415
    from bot.model.check import State  # noqa: PLC0415
    from bot.render.checks import checks_json, print_check  # noqa: PLC0415
    from bot.render.document import json_text  # noqa: PLC0415

    subject = Subject(
        config_file=config_file or config_path(os.environ), data=data, env=os.environ, now=datetime.now(UTC), deep=deep
    )
    console, found = Console(), []
    for check in examine(subject):
        found.append(check)
        if form == "text":
            print_check(check, console)
    if form == "json":
        click.echo(json_text(checks_json(found)), nl=False)
    sys.exit(1 if any(check.state is State.WRONG for check in found) else 0)
