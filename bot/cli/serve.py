"""`gocrash serve`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from bot.cli.options import config_option, stop_event


@click.command("serve")
@config_option
def command(config_file: Path | None) -> None:
    """Run the bot against a Slack workspace until it is told to stop (SIGTERM, Ctrl-C).

    \b
    Environment: SLACK_BOT_TOKEN; SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode); SLACK_API_URL,
    GOCRASH_CONFIG, GOCRASH_DATA, GOCRASH_HTTP, GOCRASH_ALERTS_TOKEN
    """  # noqa: D301  # click's mark for "keep these lines"
    from bot.config import config_path, load_config, load_settings  # noqa: PLC0415  # `--help` needs none of it
    from bot.serve import running  # noqa: PLC0415
    from bot.telemetry import configure_logging  # noqa: PLC0415

    configure_logging(json=not sys.stderr.isatty())
    settings = load_settings(os.environ)
    # Bolt would read it again, and warn that it was given a client as well.
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        os.environ.pop(name, None)
    config = load_config(config_file or config_path(os.environ), os.environ)
    stop = stop_event()
    with running(config, settings):
        stop.wait()
