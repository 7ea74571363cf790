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
@_FORMAT
@data_option
def stats(service: str, since: float, form: str, data: Path) -> None:
    """Say how many incidents there were, how long they took (medians), and what came again."""
    from rich.console import Console  # noqa: PLC0415  # `--help` needs none of it

    from bot.incidents.numbers import summarise  # noqa: PLC0415
    from bot.render.document import json_text  # noqa: PLC0415
    from bot.render.numbers import print_stats, stats_json  # noqa: PLC0415

    begin = now() - timedelta(seconds=since)
    with open_store(data) as store:
        times = store.numbers.times(since=begin, service=service or None)
        recurrences = store.numbers.recurrences(since=begin, service=service or None)
    groups = {
        "service": summarise(times, lambda each: each.service),
        "class": summarise(times, lambda each: each.failure_class),
        "severity": summarise(times, lambda each: each.severity),
    }
    if form == "json":
        click.echo(json_text(stats_json(groups, recurrences)), nl=False)
    else:
        print_stats(groups, recurrences, Console())


@click.command("budget")
@click.argument("service", metavar="SERVICE")
@click.option("--fail-below", type=_Percent(), help="Exit with 1 when less than this is left.", metavar="PERCENT")
@_FORMAT
@config_option
@data_option
def budget(service: str, fail_below: float | None, form: str, config_file: Path | None, data: Path) -> None:
    """Say how much of a service's error budget is left, and which incidents took the rest."""
    from bot.incidents import numbers  # noqa: PLC0415
    from bot.render.document import json_text  # noqa: PLC0415
    from bot.render.numbers import budget_json, budget_text  # noqa: PLC0415

    slo = read_config(config_file).service(service).slo
    if slo is None:
        raise UsageError(f"`{service}` has no objective: add `slo: {{objective: 99.95, window: 28d}}` to it in the configuration")
    moment = now()
    with open_store(data) as store:
        since = moment - timedelta(seconds=slo.window)
        outages = store.numbers.outages(service, severities=slo.severities, since=since, now=moment)
    found = numbers.budget(service, outages, objective_percent=slo.objective, window_seconds=slo.window)
    click.echo(json_text(budget_json(found)) if form == "json" else budget_text(found), nl=False)
    sys.exit(1 if fail_below is not None and found.left_ratio < fail_below else 0)


VERBS = (stats, budget)
