"""The verbs that count: stats, budget."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from bot.cli.incident.access import now, open_store
from bot.cli.options import DURATION, config_option, data_option, read_config
from bot.errors import UsageError

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
_FORMATS = click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text", help="How to print it."
)


class _Percent(click.ParamType[float]):
    """A share such as `15%`, as a ratio."""

    name = "percent"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text."""
        try:
            return float(value.removesuffix("%")) / 100
        except ValueError:
            self.fail(f"`{value}` is no share: write 15%", param, ctx)


@click.command("stats")
@click.argument("service", default="", metavar="[SERVICE]")
@click.option("--since", type=DURATION, default="90d", show_default=True, help="How far back.", metavar="DURATION")
@_FORMATS
@config_option
@data_option
def stats(service: str, since: float, form: str, config_file: Path | None, data: Path) -> None:
    """Say how many incidents there were, how long they took (medians), what came again, and what error budgets are left."""
    from rich.console import Console  # noqa: PLC0415  # `--help` needs none of it

    from bot.render import numbers as render  # noqa: PLC0415
    from bot.render.document import json_text  # noqa: PLC0415
    from bot.retrospect.known import statistics_of  # noqa: PLC0415

    with open_store(data, reading=True) as store:
        found = statistics_of(store, service or None, read_config(config_file), since=now() - timedelta(seconds=since), now=now())
    match form:
        case "json":
            click.echo(json_text(render.stats_json(found)), nl=False)
        case "markdown":
            click.echo(render.stats_markdown(found), nl=False)
        case "html":
            click.echo(render.stats_html(found), nl=False)
        case _:
            render.print_stats(found, Console())


@click.command("budget")
@click.argument("service", metavar="SERVICE")
@click.option("--fail-below", type=_Percent(), help="Exit with 1 when less than this is left.", metavar="PERCENT")
@_FORMAT
@config_option
@data_option
def budget(service: str, fail_below: float | None, form: str, config_file: Path | None, data: Path) -> None:
    """Say how much of a service's error budget is left, and which incidents took the rest."""
    from bot.render.document import json_text  # noqa: PLC0415
    from bot.render.numbers import budget_json, budget_text  # noqa: PLC0415
    from bot.retrospect.known import budget_of  # noqa: PLC0415

    config = read_config(config_file)
    config.service(service)
    with open_store(data, reading=True) as store:
        found = budget_of(store, service, config, now())
    if found is None:
        raise UsageError(f"`{service}` has no objective: add `slo: {{objective: 99.95, window: 28d}}` to it in the configuration")
    click.echo(json_text(budget_json(found)) if form == "json" else budget_text(found), nl=False)
    sys.exit(1 if fail_below is not None and found.left_ratio < fail_below else 0)


VERBS = (stats, budget)
