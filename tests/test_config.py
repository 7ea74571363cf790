from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config import Config, load_config, load_settings
from bot.errors import ConfigError, UsageError
from bot.model.policy import SeverityPolicy
from bot.model.rule import Severity
from bot.model.units import Duration
from bot.plan import plan_of

EXAMPLE = Path("deploy/gocrash.yaml")
SECRETS = {"CHECKOUT_TOKEN": "s3cret"}
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gocrash.yaml"
    path.write_text(text)
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text), {})
    return [problem.removeprefix(f"{tmp_path}/gocrash.yaml:") for problem in caught.value.problems]


def test_the_commented_example_is_a_configuration(request: pytest.FixtureRequest) -> None:
    config = load_config(request.config.rootpath / EXAMPLE, SECRETS)
    checkout = config.service("checkout")
    assert checkout.name == "checkout"
    assert checkout.auth.bearer == "s3cret"
    assert config.defaults.max_bytes == 256_000_000
    assert config.slack.alerts[0].bots == ("B0ALERTMANAGER", "A0GRAFANA")


def test_secrets_do_not_show_in_a_printed_configuration(request: pytest.FixtureRequest) -> None:
    assert "s3cret" not in repr(load_config(request.config.rootpath / EXAMPLE, SECRETS))


def test_relative_paths_are_taken_from_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "services: {a: {logs: [{file: a.log}], replay: b}}\nplaybooks: [ours]"), {})
    assert config.services["a"].logs[0].file == str(tmp_path / "a.log")
    assert config.services["a"].replay == str(tmp_path / "b")
    assert config.playbooks == (str(tmp_path / "ours"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servces: {}", "1: servces: unknown key, did you mean `services`?"),
        ("services:\n  a: {target: [http://h:1]}", "2: services.a.target: unknown key, did you mean `targets`?"),
        ("services:\n  a: {targets: [h:1]}", "`h:1` is no address"),
        ("services:\n  a: {targets: ['http://u:p@h:1']}", "is no address"),
        ("services:\n  a: {}", "nothing to look at"),
        ("services:\n  a: {targets: [http://h:1], slo: {objective: 100}}", "`objective` is a percentage below 100"),
        ("services:\n  a: {targets: [http://h:1], slo: {objective: 99, severities: [SEV0]}}", "`SEV0` is no severity"),
        ("retention: {evidence: soon}", "write a length of time"),
        ("services:\n  resolve: {targets: [http://h:1]}", "is a word of the bot's own"),
        ("services:\n  Big Shop: {targets: [http://h:1]}", "a name is lower case"),
        ("services:\n  a: {targets: [http://h:1], discover: {dns: {name: h, port: 1}}}", "either `targets` or `discover`"),
        ("services:\n  a: {discover: {}}", "services.a.discover: give one of `dns`"),
        ("services:\n  a: {discover: {dns: {name: h, port: 1}, scheme: ftp}}", "`scheme` is http or https"),
        ("services:\n  a: {discover: {kubernetes: {namespace: shop, seletor: x}}}", "did you mean `selector`?"),
        (
            "services:\n  a: {discover: {kubernetes: {namespace: shop, selector: x, port: [1]}}}",
            "expected a whole number or text",
        ),
        ("services:\n  a: {discover: {prometheus: {query: up}}}", "services.a: asks prometheus, which is not configured"),
        ("services:\n  a: {logs: [{loki: {query: '{}'}}]}", "services.a: asks loki, which is not configured"),
        ("services:\n  a: {logs: [{kubernetes: {previous: true}}]}", "logs by kubernetes need `namespace` and `selector`"),
        ("services:\n  a: {logs: [{}]}", "give one of `file`, `kubernetes` and `loki`"),
        ("services:\n  a: {history: {}}", "services.a: asks prometheus, which is not configured"),
        ("services:\n  a: {history: {selector: up}}", "`selector` names processes without a metric"),
        ("services:\n  a: {history: {selector: '{__name__=~\".+\"}'}}", "`selector` names processes without a metric"),
        ("services:\n  a: {history: {hours: 30h, step: 1m}}", "`step` gives more than 360 points; write at least 5 min"),
        ("services:\n  a: {history: {hours: 0}}", "lengths of time such as 30h"),
        ("loki: {url: loki:3100}", "loki: `loki:3100` is no address"),
        ("services:\n  a: {targets: [http://h:1], auth: {bearer: x, bearer_file: y}}", "either `bearer_file`"),
        ("redact: ['(']", "is no regular expression"),
        ("slack: {alerts: [{channel: C, bots: [B], pattern: '('}]}", "1: slack.alerts[0]: `(` is no regular expression"),
        ("slack: {alerts: [{channel: C, bots: [B], pattern: 'a'}]}", "needs a group (?P<title>…)"),
        ("slack: {alerts: [{channel: C, bots: [B], pattern: '(?P<title>a)(?P<stat>b)'}]}", "no others"),
        ("defaults: {deadline: soon}", "defaults.deadline: write a length of time"),
        (
            "services:\n  a: {targets: [http://h:1], auth: {bearer: x, basic: {user: u, password: p}}}",
            "either `bearer` or `basic`",
        ),
        ("services:\n  a: {targets: [http://h:1], auth: {bearer: '${NOT_SET}'}}", "NOT_SET"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(tmp_path, text)), problems(tmp_path, text)


def test_a_unix_socket_may_be_written_in_both_forms(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "services: {a: {targets: ['unix:///run/a.sock', 'http+unix://%2Frun%2Fb.sock']}}"), {})
    assert [target.instance for target in plan_of(config.services["a"], config).targets] == ["/run/a.sock", "/run/b.sock"]


def test_inside_a_cluster_its_api_server_is_known(tmp_path: Path) -> None:
    around = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    path = write(tmp_path, "{}")
    found = load_config(path, around).kubernetes
    assert found is not None
    assert (found.url, found.auth.bearer_file) == ("https://[fd00::1]:443", "/var/run/secrets/kubernetes.io/serviceaccount/token")
    assert load_config(path, {}).kubernetes is None


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.yaml", {})


def test_an_unknown_service_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no service `checkot`"):
        Config().service("checkot")


def test_settings_name_every_missing_token_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"GOCRASH_HTTP": "8080"})
    assert [problem.split()[0] for problem in caught.value.problems] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "GOCRASH_HTTP"]


def test_settings_hide_their_tokens() -> None:
    settings = load_settings(TOKENS)
    assert settings.api_url == "https://slack.com/api/"
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert "xoxb" not in repr(settings)


def test_a_severity_keeps_what_the_file_does_not_say(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "severities: {SEV2: {tell: ['@oncall-shop']}, SEV4: {update: 2h}}"), {})
    assert config.severities["SEV2"] == SeverityPolicy(
        opened_by=(Severity.CRITICAL,), update=Duration(3600), tell=("@oncall-shop",)
    )
    assert config.severities["SEV4"] == SeverityPolicy(opened_by=(Severity.MEDIUM,), update=Duration(7200))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("severities: {SEV5: {update: 1h}}", "severities.SEV5: there are SEV1, SEV2, SEV3, SEV4"),
        (
            "severities: {SEV1: {opened_by: [critical]}}",
            "a critical finding would open SEV1 and SEV2: name it in one",
        ),
        ("severities: {SEV1: {tell: [C0ALERTS]}}", "`C0ALERTS` is nobody who could be told"),
        ("slack: {announce: {SEV0: C0ALERTS}}", "`announce.SEV0` is no severity"),
        ("services: {checkout: {targets: ['http://c:1'], allow: {restart: ['@oncall']}}}", "allow.restart: there are capture,"),
        ("services: {checkout: {targets: ['http://c:1'], allow: {resolve: [maya]}}}", "allow.resolve: `maya` is nobody"),
    ],
)
def test_agreements_that_cannot_hold_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(reason)):
        load_config(write(tmp_path, text), {})
