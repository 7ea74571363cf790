"""Who answers: the instances of the services, and the servers that are asked about them. One small page is pulled from each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from bot.collect.api import Api
from bot.collect.connection import Connection
from bot.collect.pprof import Ask, Refusal, pull
from bot.config import Config, Service
from bot.errors import CollectError
from bot.model.access import Limits
from bot.model.check import Check, ok, skipped, wrong
from bot.model.evidence import Kind, Target
from bot.plan import Plan, located, plan_of

DEADLINE_SECONDS = 10.0

_AREA = "services"
# The question each of them is asked: cheap, and through the same part of its API as the real ones.
_QUESTIONS = {
    "prometheus": ("/api/v1/query", {"query": "vector(1)"}),
    "loki": ("/loki/api/v1/labels", {}),
    "kubernetes": ("/version", {}),
}


def server_checks(config: Config) -> Iterator[Check]:
    """Yield whether Prometheus, Loki and Kubernetes answer, as far as they are configured."""
    for name, (path, query) in _QUESTIONS.items():
        server = getattr(config, name)
        if server is None:
            continue
        api = Api(name.capitalize(), server.url, server.access, Limits(deadline_seconds=DEADLINE_SECONDS))
        try:
            api.json(path, query, noun="status")
        except CollectError as error:
            yield wrong(name, f"{error}; correct `{name}` in the configuration")
        else:
            yield ok(name, f"{server.url} answers")


def checks(config: Config) -> Iterator[Check]:
    """Yield one check for each service: how many of its instances answer, and why the others do not."""
    if not config.services:
        yield skipped(_AREA, "no service is configured")
    for service in config.services.values():
        yield _replayed(service) if service.replay else _live(service, config)


def _replayed(service: Service) -> Check:
    if Path(service.replay).is_dir():
        return ok(_AREA, f"{service.name}: answers from a saved bundle")
    return wrong(_AREA, f"{service.name}: there is no saved bundle {service.replay}; correct `replay`")


def _live(service: Service, config: Config) -> Check:
    plan, unfound = located(plan_of(service, config))
    if unfound:
        return wrong(_AREA, f"{service.name}: {unfound[0].reason}")
    if not plan.targets:
        return skipped(_AREA, f"{service.name}: has logs only, no instance to ask")
    limits = Limits(deadline_seconds=min(plan.limits.deadline_seconds, DEADLINE_SECONDS), max_bytes=plan.limits.max_bytes)
    with ThreadPoolExecutor(max_workers=min(plan.fan_out, len(plan.targets)), thread_name_prefix="doctor") as pool:
        reasons = dict(zip(plan.targets, pool.map(partial(_reason, plan=plan, limits=limits), plan.targets), strict=True))
    silent = [f"{target.instance}: {reason}" for target, reason in reasons.items() if reason]
    many = len(reasons)
    text = f"{service.name}: {many - len(silent)} of {many} {'instance answers' if many == 1 else 'instances answer'}"
    return wrong(_AREA, f"{text}; {'; '.join(silent)}") if silent else ok(_AREA, text)


def _reason(target: Target, *, plan: Plan, limits: Limits) -> str:
    """Return why an instance does not answer; empty when it does."""
    if not target.url:
        return "has no address: it does not run yet, or not now"
    # The index of net/http/pprof counts goroutines and stops nothing.
    path = f"{plan.access.pprof_path.rstrip('/')}/"
    ask = Ask(Kind.GOROUTINE, "", path, noun="list of profiles", page=True)
    try:
        with closing(Connection(target.url, plan.access, limits)) as connection:
            answer = pull(connection, ask, limits=limits)
    except CollectError as error:
        return str(error)
    if isinstance(answer, Refusal):
        return answer.reason
    content = answer.content if isinstance(answer.content, bytes) else answer.content.read_bytes()
    return "" if b"goroutine" in content else f"another page is at {path}; is net/http/pprof mounted there?"
