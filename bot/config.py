"""The configuration: `gocrash.yaml` → `Config`, and the settings of `serve` from the environment → `Settings`.

Secrets are never written in the file: `${NAME}` is read from the environment. Every mistake is reported at once as
`path:line: field: reason`, unknown keys with the nearest right one. `deploy/gocrash.yaml` is a commented example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.errors import ConfigError, UsageError
from bot.model.access import Access
from bot.model.incident import SEVERITIES
from bot.model.login import Api, Auth, Tls, access_of, in_cluster, is_address
from bot.model.policy import SeverityPolicy, check_allowed, with_defaults
from bot.model.sources import Discover, KubernetesLog, LokiLog, MetricsHistorySource
from bot.model.units import ByteSize, Duration
from bot.yamlfile import did_you_mean, load

DEFAULT_PATH = Path("gocrash.yaml")
SLACK_API_URL = "https://slack.com/api/"

# The first words of `/gocrash …`: a service with such a name could never be asked for.
VERBS = (
    *("diagnose", "incidents", "show", "timeline", "note", "postmortem", "status", "resolve", "reopen", "severity", "lead"),
    *("history", "search", "stats", "runbook", "services", "mute", "unmute", "help", "doctor"),
    *("join", "leave", "snooze", "link", "wrong", "open", "budget"),
)
SERVICE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
PATTERN_GROUPS = frozenset({"title", "service", "state"})


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where a log is read from: a path (or a glob of which the newest matching files are read), Kubernetes, or Loki."""

    file: str = ""
    kubernetes: KubernetesLog | None = None
    loki: LokiLog | None = None

    def __post_init__(self) -> None:
        """Refuse none or several places at once."""
        if sum(map(bool, (self.file, self.kubernetes, self.loki))) != 1:
            raise UsageError("give one of `file`, `kubernetes` and `loki`")


@dataclass(frozen=True, slots=True)
class AlertSigns:
    """How alerts of a service are recognised: accepted values by label name, and words in the alert's text."""

    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """What a service promises: the percentage of time in which it is well, and how far one looks back.

    It is ill while an incident of one of the `severities` is neither mitigated nor resolved.
    """

    objective: float
    window: Duration = Duration(28 * 86400.0)
    severities: tuple[str, ...] = ("SEV1", "SEV2")

    def __post_init__(self) -> None:
        """Refuse what is no objective, or never counts."""
        wrong = [f"`{name}` is no severity: write SEV1 to SEV4" for name in self.severities if name not in SEVERITIES]
        if not 0 < self.objective < 100:  # noqa: PLR2004  # percent
            wrong.append(f"`objective` is a percentage below 100, such as 99.95, not {self.objective:g}")
        if self.window <= 0:
            wrong.append("`window` is a length of time such as 28d")
        if wrong:
            raise ConfigError(wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service. `name` is its key in the file.

    `replay` names a saved bundle, relative to the configuration file, that answers instead of live targets. `channel` is the
    Slack channel in which alerts that come over HTTP are answered.
    """

    name: str = ""
    targets: tuple[str, ...] = ()
    discover: Discover | None = None
    pprof_path: str = "/debug/pprof"
    metrics_path: str | None = "/metrics"
    metrics_port: int | None = None
    auth: Auth = field(default_factory=Auth)
    tls: Tls = field(default_factory=Tls)
    max_freeze_ms: int = 250
    logs: tuple[LogSource, ...] = ()
    gateway_logs: tuple[LogSource, ...] = ()
    history: MetricsHistorySource | None = None
    alerts: AlertSigns = field(default_factory=AlertSigns)
    channel: str = ""
    own_modules: tuple[str, ...] = ()
    source_url: str = ""
    slo: Slo | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replay: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be contacted, naming every wrong target."""
        check_allowed(self.allow)
        wrong = [
            f"`{target}` is no address: write http://host:port, https://host:port, unix:///path or http+unix://%2Fpath"
            for target in self.targets
            if not is_address(target)
        ]
        if self.targets and self.discover:
            wrong.append("give either `targets` or `discover`, not both")
        if not (self.targets or self.discover or self.logs or self.history or self.replay):
            wrong.append("nothing to look at: give `targets`, `discover`, `logs`, `history` or `replay`")
        found = self.discover.kubernetes if self.discover else None
        if not found and any(log.kubernetes and not (log.kubernetes.namespace and log.kubernetes.selector) for log in self.logs):
            wrong.append("logs by kubernetes need `namespace` and `selector` there, or in `discover.kubernetes`")
        if wrong:
            raise ConfigError(wrong)

    @property
    def access(self) -> Access:
        """How its targets are reached."""
        access = access_of(self.auth, self.tls)
        return replace(access, pprof_path=self.pprof_path, metrics_path=self.metrics_path or "", metrics_port=self.metrics_port)

    def apis(self) -> set[str]:
        """Return the names of the servers that are asked about it, besides Kubernetes, which may be there by itself."""
        found = self.discover and self.discover.prometheus
        named = {"prometheus"} if found or self.history else set()
        return named | {"loki" for log in (*self.logs, *self.gateway_logs) if log.loki}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for every service: pauses, deadlines and caps.

    `sample` is the pause between two light samples of a service (metrics and goroutine counts), `baseline` the one between two
    pictures of it while it is well, `recheck` how long after a mitigation the bot looks again; 0 does none of it. Alerts of one
    service within `group` belong together. `deadline` is that of one pull, `answer` that of a whole diagnosis.
    """

    cooldown: Duration = Duration(60.0)
    sample: Duration = Duration(900.0)
    baseline: Duration = Duration(86400.0)
    recheck: Duration = Duration(300.0)
    group: Duration = Duration(300.0)
    deadline: Duration = Duration(30.0)
    answer: Duration = Duration(120.0)
    interval: Duration = Duration(5.0)
    max_bytes: ByteSize = ByteSize(256 * 10**6)
    fan_out: int = 8


@dataclass(frozen=True, slots=True)
class AlertChannel:
    """A channel where alerts of other bots are answered; `bots` lists the bot or app ids that count.

    `pattern` is a regular expression for messages of a shape of their own: it is searched in all words of a message, its group
    `title` becomes the alert's title, `service` names the service, `state` says whether it is over (`resolved`, `ok`, `up`, …).
    """

    channel: str
    bots: tuple[str, ...]
    pattern: str = ""

    def __post_init__(self) -> None:
        """Refuse a pattern that could not be used."""
        if not self.pattern:
            return
        try:
            groups = re.compile(self.pattern).groupindex.keys()
        except re.error as error:
            raise UsageError(f"`{self.pattern}` is no regular expression: {error}") from error
        if "title" not in groups or not groups <= PATTERN_GROUPS:
            raise UsageError("`pattern` needs a group (?P<title>…), and may have (?P<service>…) and (?P<state>…), no others")


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Where in Slack the bot listens, and where it speaks unasked.

    Attributes:
        alerts: where alerts of other bots are answered.
        crash_logs: channels in which a crash log that people paste or upload is diagnosed.
        timeline_emoji: reactions that put a message into the timeline of the incident in whose thread it stands.
        announce: the channel that hears of a new incident, by its severity.
    """

    alerts: tuple[AlertChannel, ...] = ()
    crash_logs: tuple[str, ...] = ()
    timeline_emoji: tuple[str, ...] = ("pushpin",)
    announce: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse severities that are none."""
        if wrong := [name for name in self.announce if name not in SEVERITIES]:
            raise UsageError(f"`announce.{wrong[0]}` is no severity: write SEV1 to SEV4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long evidence is kept, and how much of it at most; that of open incidents always."""

    evidence: Duration = Duration(30 * 86400.0)
    evidence_max: ByteSize = ByteSize(5 * 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. `playbooks` are further directories of playbooks; `redact` further patterns to mask.

    `kubernetes` is the API server to ask; inside a cluster it is known without being configured. `severities` says what each
    severity of an incident means; those that are not named keep what they mean without it.
    """

    services: Mapping[str, Service] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    severities: Mapping[str, SeverityPolicy] = field(default_factory=dict)
    slack: SlackSettings = field(default_factory=SlackSettings)
    prometheus: Api | None = None
    loki: Api | None = None
    kubernetes: Api | None = None
    playbooks: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    retention: Retention = field(default_factory=Retention)

    def __post_init__(self) -> None:
        """Name every service by its key, and refuse names and patterns that cannot work."""
        severities = with_defaults(self.severities)
        problems = [problem for name in self.services for problem in _name_problems(name)]
        problems += [
            f"services.{name}: asks {api}, which is not configured: add `{api}: {{url: …}}` at the top level"
            for name, service in self.services.items()
            for api in sorted(service.apis())
            if getattr(self, api) is None
        ]
        for pattern in self.redact:
            try:
                re.compile(pattern)
            except re.error as error:
                problems.append(f"redact: `{pattern}` is no regular expression: {error}")
        if problems:
            raise ConfigError(problems)
        named = {name: replace(service, name=name) for name, service in self.services.items()}
        object.__setattr__(self, "services", named)
        object.__setattr__(self, "severities", severities)

    def service(self, name: str) -> Service:
        """Return a service.

        Raises:
            UsageError: there is none of that name; the message names the nearest.
        """
        if name not in self.services:
            raise UsageError(f"there is no service `{name}`{did_you_mean(name, self.services)}")
        return self.services[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `serve` takes from the environment. Tokens are never printed.

    With an `app_token` the bot opens a socket to Slack (Socket Mode); without one Slack posts to the bot, which knows it by the
    `signing_secret` (HTTP mode). `alerts_token`, where it is set, must come with every alert over HTTP.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str
    data: Path
    http_host: str
    http_port: int
    alerts_token: str = field(default="", repr=False)


def load_config(path: Path, env: Mapping[str, str]) -> Config:
    """Read a configuration file; relative paths in it are taken from its own directory.

    Raises:
        ConfigError: the file is missing or wrong; every problem at once.
    """
    config = load(path, Config, env=env)
    here = path.parent

    def placed(sources: tuple[LogSource, ...]) -> tuple[LogSource, ...]:
        return tuple(replace(source, file=str(here / source.file)) if source.file else source for source in sources)

    services = {
        name: replace(
            service,
            replay=str(here / service.replay) if service.replay else "",
            logs=placed(service.logs),
            gateway_logs=placed(service.gateway_logs),
        )
        for name, service in config.services.items()
    }
    return replace(
        config,
        services=services,
        playbooks=tuple(str(here / directory) for directory in config.playbooks),
        kubernetes=config.kubernetes or in_cluster(env),
    )


def load_settings(env: Mapping[str, str]) -> Settings:
    """Read the settings of `serve` from the environment.

    Raises:
        ConfigError: a token is missing, or `GOCRASH_HTTP` is no `host:port`; every problem at once.
    """
    problems = []
    if not env.get("SLACK_BOT_TOKEN"):
        problems.append("SLACK_BOT_TOKEN is not set: copy the Bot User OAuth Token (xoxb-…) from the app's Install page")
    if not env.get("SLACK_APP_TOKEN") and not env.get("SLACK_SIGNING_SECRET"):
        problems.append(
            "SLACK_APP_TOKEN is not set: make an app-level token (xapp-…) with connections:write on the app's Basic Information"
            " page, or set SLACK_SIGNING_SECRET from there for HTTP mode"
        )
    http = env.get("GOCRASH_HTTP", "127.0.0.1:8080")
    host, _, port = http.rpartition(":")
    if not host or not port.isdecimal():
        problems.append(f"GOCRASH_HTTP is `{http}`: write host:port, such as 127.0.0.1:8080")
    if problems:
        raise ConfigError(problems)
    return Settings(
        bot_token=env["SLACK_BOT_TOKEN"],
        app_token=env.get("SLACK_APP_TOKEN", ""),
        signing_secret=env.get("SLACK_SIGNING_SECRET", ""),
        api_url=env.get("SLACK_API_URL", SLACK_API_URL),
        data=data_directory(env),
        http_host=host,
        http_port=int(port),
        alerts_token=env.get("GOCRASH_ALERTS_TOKEN", ""),
    )


def config_path(env: Mapping[str, str]) -> Path:
    """Return the configuration file's path: `GOCRASH_CONFIG`, or `gocrash.yaml` here."""
    return Path(env.get("GOCRASH_CONFIG", DEFAULT_PATH))


def data_directory(env: Mapping[str, str]) -> Path:
    """Return the directory of the database and the evidence: `GOCRASH_DATA`, or `data` here."""
    return Path(env.get("GOCRASH_DATA", "data"))


def _name_problems(name: str) -> list[str]:
    problems = []
    if not SERVICE_NAME.fullmatch(name):
        problems.append(f"services.{name}: a name is lower case letters, digits, dots and dashes, as typed after /gocrash")
    if name in VERBS:
        problems.append(f"services.{name}: `{name}` is a word of the bot's own: `/gocrash {name}` would never reach the service")
    return problems
