"""`examine`: everything that a running bot stands on, looked at in the order in which a person would mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import Config, load_config, load_settings
from bot.diagnose import load_engine
from bot.doctor import services, slack, storage
from bot.errors import ConfigError
from bot.model.check import Check, ok, wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is examined.

    Attributes:
        config_file: the configuration.
        data: the directory of the database and the evidence.
        env: the environment that `gocrash serve` would have.
        now: the time (UTC).
        deep: read every piece of evidence, not the newest ones only.
    """

    config_file: Path
    data: Path
    env: Mapping[str, str]
    now: datetime
    deep: bool = False


def examine(subject: Subject) -> Iterator[Check]:
    """Yield one check after another; where the configuration cannot be read, what needs it is left out."""
    config, found = _configuration(subject)
    yield from found
    yield from _playbooks(config)
    yield from _environment(subject.env)
    yield from slack.checks(subject.env, now=subject.now)
    if config:
        yield from services.server_checks(config)
        yield from services.checks(config)
    yield from storage.checks(subject.data, retention=(config or Config()).retention, now=subject.now, deep=subject.deep)


def _configuration(subject: Subject) -> tuple[Config | None, tuple[Check, ...]]:
    file = subject.config_file
    if not file.exists():
        return None, (wrong("configuration", f"there is no {file}: copy deploy/gocrash.yaml, or name another in GOCRASH_CONFIG"),)
    try:
        config = load_config(file, subject.env)
    except ConfigError as error:
        return None, tuple(wrong("configuration", problem) for problem in error.problems)
    return config, (ok("configuration", f"{file} names {len(config.services)} services"),)


def _environment(env: Mapping[str, str]) -> Iterator[Check]:
    """Yield what is wrong with the environment besides the tokens, which have checks of their own."""
    try:
        settings = load_settings({**env, "SLACK_BOT_TOKEN": "-", "SLACK_APP_TOKEN": "-"})
    except ConfigError as error:
        yield from (wrong("environment", problem) for problem in error.problems)
        return
    yield ok("environment", f"pages and alerts at http://{settings.http_host}:{settings.http_port}")


def _playbooks(config: Config | None) -> Iterator[Check]:
    try:
        engine = load_engine(config, lint_builtin=True)
    except ConfigError as error:
        yield from (wrong("playbooks", problem) for problem in error.problems)
        return
    more = f", those of {', '.join(config.playbooks)} among them" if config and config.playbooks else ""
    yield ok("playbooks", f"{len(engine.playbooks)} playbooks are sound{more}")
