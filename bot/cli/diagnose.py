"""`gocrash diagnose SOURCE...`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import DURATION, config_option, read_config
from bot.model.diagnosis import Diagnosis
from bot.model.evidence import Bundle
from bot.model.rule import Severity

if TYPE_CHECKING:
    from bot.redact import Redactor

FAIL_ON = [severity.value for severity in Severity if severity is not Severity.INFO]


@click.command("diagnose")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text", help="How to print the answer."
)
@click.option("--service", default="", help="Call the service NAME where the source does not say.", metavar="NAME")
@click.option("--baseline", default="", help="Compare with an earlier bundle or file.", metavar="SOURCE")
@click.option("--save", type=click.Path(path_type=Path), help="Write the evidence, secrets masked, as a bundle.", metavar="DIR")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 1 when a finding is at least this bad.")
@click.option("--interval", type=click.FloatRange(min=0), help="Seconds until the second sample; 0 takes none.")
@click.option("--since", type=DURATION, help="How far back to read logs, such as 30m.", metavar="DURATION")
@click.option("--instance", default="", help="Look at this one instance of the service only.", metavar="NAME")
@click.option("--deep", is_flag=True, help="Take the full goroutine dump whatever it freezes.")
@config_option
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    sources: tuple[str, ...],
    form: str,
    service: str,
    baseline: str,
    save: Path | None,
    fail_on: str | None,
    interval: float | None,
    since: float | None,
    instance: str,
    deep: bool,
    config_file: Path | None,
    quiet: bool,
) -> None:
    """Say what is wrong, which line is to blame, and what to do.

    SOURCE is a service of the configuration, the URL of a pprof server, a file (crash log, dump, profile, metrics), a saved
    bundle, or - for standard input. Several sources are taken together as one service's evidence.
    """
    from bot.cli.sources import Wishes, diagnose_sources  # noqa: PLC0415  # `--help` needs none of it
    from bot.diagnose import load_engine  # noqa: PLC0415

    config = read_config(config_file)
    engine = load_engine(config)
    wishes = Wishes(service=service, instance=instance, baseline=baseline, interval=interval, since_seconds=since, deep=deep)
    with _progress(quiet=quiet) as progress:
        outcome = diagnose_sources(sources, config=config, engine=engine, wishes=wishes, progress=progress)
    # Neither waits for the other to succeed: a sick service may not give its evidence a second time.
    try:
        _print(outcome.diagnosis, form)
    finally:
        if save:
            _save(outcome.bundle, save, engine.redactor)
    sys.exit(_status(outcome.diagnosis, fail_on))


def _save(bundle: Bundle, directory: Path, redactor: Redactor) -> None:
    from bot.collect.bundle import write_bundle  # noqa: PLC0415  # only a bundle that is kept needs it
    from bot.render.phrases import count_text  # noqa: PLC0415

    masked = write_bundle(bundle, directory, redactor.stream)
    click.echo(
        f"gocrash: evidence saved in {directory}" + (f", {count_text(masked, 'secret')} masked" if masked else ""), err=True
    )


def _status(diagnosis: Diagnosis, fail_on: str | None) -> int:
    """Return 3 when only live targets were given and none answered, 1 for a finding at or above `--fail-on`, else 0."""
    if not any(target.collected for target in diagnosis.targets):
        return 3
    if fail_on and any(finding.severity.rank <= Severity(fail_on).rank for finding in diagnosis.findings):
        return 1
    return 0


def _print(diagnosis: Diagnosis, form: str) -> None:
    if form == "json":
        from bot.render.document import document_json  # noqa: PLC0415

        click.echo(document_json(diagnosis), nl=False)
    elif form == "markdown":
        from bot.render.markdown import markdown  # noqa: PLC0415

        click.echo(markdown(diagnosis), nl=False)
    elif form == "html":
        from bot.render.html import html  # noqa: PLC0415

        click.echo(html(diagnosis), nl=False)
    else:
        from rich.console import Console  # noqa: PLC0415

        from bot.render.terminal import print_diagnosis  # noqa: PLC0415

        print_diagnosis(diagnosis, Console())


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done on standard error, when that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status("starting") as status:
        yield status.update
