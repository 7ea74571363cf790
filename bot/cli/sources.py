"""`SOURCE` on the command line → one outcome: a service of the configuration, a URL, files, a bundle, standard input."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.collect.archive import is_archive
from bot.collect.bundle import is_bundle, read_bundle
from bot.collect.files import read_files
from bot.config import Config, Service
from bot.diagnose import Engine, Outcome, diagnose, judge, subject_of
from bot.errors import UsageError
from bot.model.evidence import Bundle
from bot.parse.sniff import sniff

if TYPE_CHECKING:
    from bot.plan import Plan

URL_SCHEMES = ("http://", "https://", "unix://", "http+unix://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options of a command ask for."""

    service: str = ""
    instance: str = ""
    baseline: str = ""
    interval: float | None = None
    since_seconds: float | None = None
    deep: bool = False


def diagnose_sources(
    sources: Sequence[str], *, config: Config, engine: Engine, wishes: Wishes, progress: Callable[[str], None]
) -> Outcome:
    """Diagnose what the sources name, taken together as one service's evidence.

    Raises:
        UsageError: a source is none of the things it may be, or every file is unreadable, empty or binary.
    """
    live = [source for source in sources if source in config.services or source.startswith(URL_SCHEMES)]
    if live and len(live) < len(sources):
        raise UsageError(f"`{live[0]}` is asked live, the other sources are files: diagnose them one after the other")
    baseline = _files([wishes.baseline], config, wishes) if wishes.baseline else None
    if live:
        service = _service(live, config, wishes)
        plan = _plan(service, config, wishes)
        return diagnose(service, engine, plan, now=_now, progress=progress, baseline=baseline)
    started = time.monotonic()
    progress("reading the evidence")
    bundle = _files(sources, config, wishes)
    subject = subject_of(bundle.service, config)
    return judge(replace(bundle, baseline=baseline or bundle.baseline), engine, subject, started=started)


def _service(live: Sequence[str], config: Config, wishes: Wishes) -> Service:
    """Return the one service that the live sources name: configured, or made up of URLs."""
    named = [source for source in live if source in config.services]
    if len(named) == 1 and len(live) == 1:
        return config.services[named[0]]
    if named:
        raise UsageError(f"diagnose one service at a time: first `gocrash diagnose {named[0]}`")
    return Service(name=wishes.service or "service", targets=tuple(live))


def _plan(service: Service, config: Config, wishes: Wishes) -> Plan:
    """Return the service's plan with what the options change of it."""
    from bot.plan import located, plan_of  # noqa: PLC0415  # only live targets need the HTTP client

    plan = plan_of(service, config)
    if wishes.interval is not None:
        plan = replace(plan, interval_seconds=wishes.interval)
    if wishes.since_seconds is not None:
        plan = replace(plan, since_seconds=wishes.since_seconds)
    if wishes.deep:
        plan = replace(plan, max_freeze_seconds=None)
    if wishes.instance:
        plan, unfound = located(plan)
        if unfound:
            raise UsageError(unfound[0].reason)
        targets = tuple(target for target in plan.targets if target.instance == wishes.instance)
        if not targets:
            names = ", ".join(target.instance for target in plan.targets)
            raise UsageError(f"`{service.name}` has no instance `{wishes.instance}`: it has {names}")
        plan = replace(plan, targets=targets)
    return plan


def _files(sources: Sequence[str], config: Config, wishes: Wishes) -> Bundle:
    """Return the evidence of files, bundles and standard input as one bundle."""
    if len(sources) == 1 and (place := _bundle_place(Path(sources[0]))):
        bundle = read_bundle(place)
        return replace(bundle, service=wishes.service or bundle.service)
    if len(sources) == 1 and sources[0] != "-" and not Path(sources[0]).exists():
        raise UsageError(_unknown(sources[0], config))
    return read_files(sources, service=wishes.service or "service", sniff=sniff, now=_now())


def _bundle_place(path: Path) -> Path | None:
    """Return where a bundle can be read: the directory itself, or what an exported archive unpacks to; None for other files."""
    if is_archive(path):
        from bot.cli.saved import unpacked  # noqa: PLC0415  # only an archive needs it

        return unpacked(path)
    return path if is_bundle(path) else None


def _unknown(source: str, config: Config) -> str:
    from bot.yamlfile import did_you_mean  # noqa: PLC0415  # only a wrong word pays for it

    if config.services:
        return f"`{source}` is no service of the configuration{did_you_mean(source, config.services)} and no file"
    return f"there is no file `{source}`, and no configuration that could name a service: give a file, a bundle, a URL or `-`"


def _now() -> datetime:
    return datetime.now(UTC)
