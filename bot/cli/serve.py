"""`gocrash serve`."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import click

from bot.cli.options import config_option, stop_event

# The number of this setting in mallopt(3), and what it is set to.
M_ARENA_MAX = -8
ARENAS = 2


@click.command("serve")
@config_option
def command(config_file: Path | None) -> None:
    """Run the bot against a Slack workspace until it is told to stop (SIGTERM, Ctrl-C).

    \b
    Environment: SLACK_BOT_TOKEN; SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode); SLACK_API_URL,
    GOCRASH_CONFIG, GOCRASH_DATA, GOCRASH_HTTP, GOCRASH_ALERTS_TOKEN
    """  # noqa: D301  # click's mark for "keep these lines"
    from bot.config import config_path, load_config, load_settings  # noqa: PLC0415  # `--help` needs none of it
    from bot.redact import Redactor  # noqa: PLC0415
    from bot.serve import running  # noqa: PLC0415
    from bot.telemetry import configure_logging  # noqa: PLC0415

    configure_logging(json=not sys.stderr.isatty(), mask=Redactor().line)
    _share_memory()
    settings = load_settings(os.environ)
    # Bolt would read it again, and warn that it was given a client as well.
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        os.environ.pop(name, None)
    config = load_config(config_file or config_path(os.environ), os.environ)
    # Now it is known what else is to be masked.
    configure_logging(json=not sys.stderr.isatty(), mask=Redactor(config.redact).line)
    stop = stop_event()
    with running(config, settings):
        stop.wait()


def _share_memory() -> None:
    """Let threads share memory that was given back: glibc keeps it apart for each of them, and a bot's threads are many.

    While dumps of 60 MB are read this makes the difference between 100 MiB and 170 MiB. Other C libraries have no such setting.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_ARENA_MAX, ARENAS)
