"""`gocrash demo`: the whole bot on this machine, against the local Slack, for a small company whose services are failing."""

from __future__ import annotations

import logging
import tempfile
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import stop_event
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.incidents.store import Store
    from bot.localslack import LocalSlack

COMPANY = Path(__file__).parent / "demo.yaml"
MANIFEST = Path(__file__).parent.parent / "slack" / "manifest.yaml"
CHANNELS = ("checkout", "alerts", "incidents")
CHANNEL = "checkout"
SUGGESTIONS = (
    ("/gocrash checkout", "goroutines leak, requests still succeed", "checkout"),
    ("alert alertmanager-checkout-high-errors", "an alert lands, the answer stands in its thread", "alerts"),
    ("/gocrash ledger", "everything waits for one lock", "checkout"),
    ("/gocrash cart", "memory that only grows", "checkout"),
    ("/gocrash orders", "the process has died: its log says why", "checkout"),
    ("/gocrash discounts", "a handler panics, the process survives", "checkout"),
    ("/gocrash catalogue", "nothing is wrong", "checkout"),
    ("/gocrash incidents", "what is open", "checkout"),
    ("/gocrash chekout", "a typing error", "checkout"),
    ("/gocrash help", "all words", "checkout"),
)
PERSON = "maya"
# Everything a demo line sets off is local; an answer that takes longer than this does not come.
ANSWER_SECONDS = 60.0
# The channel is looked at once nothing has changed in it for this long.
QUIET_SECONDS = 0.5

# The local Slack takes as many messages a second as it is given.
UNHURRIED = 1e6


@click.command("demo")
@click.option("--once", metavar="LINE", help='Run one line, such as "/gocrash checkout", print the channel and exit.')
@click.option(
    "--script", type=click.Path(path_type=Path), metavar="FILE", help="Run a file of lines, print the channels and exit."
)
@click.option("--port", type=int, default=8484, show_default=True, help="Port of the page.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep incidents here [default: temporary].")
@click.option("--live", is_flag=True, help="Build and run the real failing Go program instead of replaying evidence; needs Go.")
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
def command(once: str | None, script: Path | None, port: int, data: Path | None, live: bool, no_browser: bool) -> None:
    """Run the whole bot against a local Slack: no tokens, no Go, no network; nothing to configure."""
    lines = _lines(once, script)
    from bot.redact import Redactor  # noqa: PLC0415
    from bot.telemetry import configure_logging  # noqa: PLC0415  # `--help` needs none of it

    configure_logging(json=False, mask=Redactor().line, level=logging.WARNING)
    with _directory(data) as directory, company(0 if lines else port, directory, live=live) as (slack, store):
        if lines:
            _play(slack, store, lines)
            return
        stop = stop_event()
        click.echo(f"The demo runs at {slack.url} (Ctrl-C ends it).")
        click.echo(f"Its incidents: gocrash incident list --data {directory}")
        if not no_browser:
            webbrowser.open(slack.url)
        stop.wait()


def _lines(once: str | None, script: Path | None) -> list[str]:
    """Return what is to be played: the one line, or the lines of the file without blank ones and comments."""
    if once is not None and script is not None:
        raise UsageError("give either --once or --script, not both")
    if script is None:
        return [once] if once is not None else []
    try:
        lines = script.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the script {script} cannot be read: {error}") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@contextmanager
def _directory(data: Path | None) -> Iterator[Path]:
    if data:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="gocrash-demo-") as directory:
        yield Path(directory)


@contextmanager
def company(port: int, data: Path, *, live: bool) -> Iterator[tuple[LocalSlack, Store]]:
    """Run a local Slack and the unmodified bot against it."""
    import yaml  # noqa: PLC0415  # `--help` needs none of it

    from bot.cli.live import live_company  # noqa: PLC0415
    from bot.config import Settings, load_config  # noqa: PLC0415
    from bot.localslack import LocalSlack, Suggestion  # noqa: PLC0415
    from bot.serve import running  # noqa: PLC0415
    from bot.work import Pace  # noqa: PLC0415

    recorded = load_config(COMPANY, {})
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    suggestions = [Suggestion(line, why, channel) for line, why, channel in SUGGESTIONS]
    try:
        slack = LocalSlack(manifest=manifest, port=port, channels=CHANNELS, suggestions=suggestions)
    except OSError as error:
        raise UsageError(f"port {port} cannot be used ({error.strerror}): choose another with --port") from error
    with slack, live_company(data, recorded.slack) if live else nullcontext(recorded) as config:
        settings = Settings(
            bot_token=slack.bot_token,
            app_token=slack.app_token,
            api_url=slack.api_url,
            data=data,
            http_host="127.0.0.1",
            http_port=0,
        )
        with running(config, settings, Pace(burst=UNHURRIED)) as bot:
            # Each demo has a local Slack of its own: nobody listens at the response URLs of the one before.
            bot.store.outbox.forget_response_urls(reason="it was asked for in an earlier local Slack")
            slack.wait_connected()
            yield slack, bot.store


def _play(slack: LocalSlack, store: Store, lines: Sequence[str]) -> None:
    """Type each line, wait until the bot has done everything that follows from it, then print every channel that has messages."""
    from bot.localslack import Refused  # noqa: PLC0415  # `--help` needs none of it

    for line in lines:
        try:
            slack.run_line(PERSON, CHANNEL, line)
        except Refused as refused:
            raise UsageError(f"the line {line!r} cannot be played: {refused}") from refused
        try:
            slack.wait_idle(until=store.is_idle, timeout_seconds=ANSWER_SECONDS, quiet_seconds=QUIET_SECONDS)
        except TimeoutError as error:
            raise UsageError(
                f"the line {line!r} was not answered ({error}): leave out --data, or name a new directory"
            ) from error
    for channel in CHANNELS:
        if text := slack.channel_text(channel):
            click.echo(f"#{channel}\n{text}\n")
