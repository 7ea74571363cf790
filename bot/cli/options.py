"""Options that several commands share, and reading the configuration they name."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.config import Config, config_path, data_directory, load_config
from bot.errors import UsageError
from bot.model.units import parse_duration

F = TypeVar("F", bound=Callable[..., Any])


class _Duration(click.ParamType[float]):
    """A length of time such as `30m`, as seconds."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text."""
        try:
            return parse_duration(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()


def config_option(function: F) -> F:
    """Add `--config FILE`."""
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        help="Configuration file [default: $GOCRASH_CONFIG or gocrash.yaml].",
    )(function)


def data_option(function: F) -> F:
    """Add `--data DIRECTORY`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=lambda: data_directory(os.environ),
        show_default="$GOCRASH_DATA or ./data",
        help="Directory of the database and the evidence.",
    )(function)


def read_config(config_file: Path | None) -> Config:
    """Read the configuration. Only a file that was asked for, by option or environment, must exist.

    Raises:
        ConfigError: the file is missing although it was asked for, or wrong.
    """
    path = config_file or config_path(os.environ)
    if config_file is None and "GOCRASH_CONFIG" not in os.environ and not path.exists():
        return Config()
    return load_config(path, os.environ)


def stop_event() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set, in place of ending the program where it stands."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
