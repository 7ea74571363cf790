"""Log set-up of the program, and the bot's own Prometheus metrics."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


def configure_logging(*, json: bool, mask: Callable[[str], str], level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's records to standard error, as JSON lines or for people.

    `mask` takes the secrets out of each line as it is written, tracebacks included: they quote what services and people said.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = structlog.processors.JSONRenderer() if json else _for_people()
    handler = logging.StreamHandler(sys.stderr)
    written: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        renderer,
        lambda _logger, _method, line: mask(str(line)),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=written, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # httpx and the Slack client log every request with its URL; ours say what the requests were for.
    for noisy in ("httpx", "httpcore", "slack_bolt", "slack_sdk", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _for_people() -> structlog.dev.ConsoleRenderer:
    # Plain tracebacks: the rich ones show local variables, and those hold what people typed and what services said.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The bot's own metrics, in a registry of their own so that two bots in one process (tests) do not collide."""

    registry: CollectorRegistry
    diagnoses: Counter
    diagnosis_seconds: Histogram
    looks: Counter
    alerts: Counter
    jobs_failed: Counter
    posts: Counter
    outbox_waiting: Gauge
    slack_connected: Gauge
    slack_reconnects: Counter


def create_metrics() -> Metrics:
    """Create a fresh set of metrics."""
    registry = CollectorRegistry()
    return Metrics(
        registry=registry,
        diagnoses=Counter(
            "gocrash_diagnoses", "Diagnoses made, by the failure class of their verdict.", ["failure_class"], registry=registry
        ),
        diagnosis_seconds=Histogram("gocrash_diagnosis_seconds", "How long a diagnosis took.", registry=registry),
        looks=Counter(
            "gocrash_scheduled_looks", "Scheduled looks at services, by kind and outcome.", ["kind", "outcome"], registry=registry
        ),
        alerts=Counter("gocrash_alerts", "Alerts that came in, by what became of them.", ["outcome"], registry=registry),
        jobs_failed=Counter("gocrash_jobs_failed", "Jobs given up, by kind.", ["kind"], registry=registry),
        posts=Counter("gocrash_slack_posts", "Messages handed to Slack, by outcome.", ["outcome"], registry=registry),
        outbox_waiting=Gauge("gocrash_outbox_waiting", "Messages not posted yet.", registry=registry),
        slack_connected=Gauge("gocrash_slack_connected", "1 while Slack can reach the bot, else 0.", registry=registry),
        slack_reconnects=Counter(
            "gocrash_slack_reconnects", "Times the socket to Slack was replaced by another.", registry=registry
        ),
    )
