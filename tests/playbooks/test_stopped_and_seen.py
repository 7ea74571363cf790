"""Playbooks of processes that were stopped, never came up, or were seen to fail by others: other wordings, and look-alikes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from examples import POD, TAKEN_AT, path_of, write_meta

from bot.collect.bundle import read_bundle
from bot.diagnose import Engine, Subject, judge, load_engine
from bot.model.diagnosis import Finding

READY = '2026/11/20 14:01:58 level=info msg="listening" addr=:8080\n'
TLS = 'Post \\"https://pay.example.com/charge\\": tls: failed to verify certificate: x509: '
CRI = "2026-11-20T14:02:11.118204123Z stderr F "


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def fired(engine: Engine, directory: Path, **files: str) -> dict[str, Finding]:
    """What the catalogue says about evidence, by playbook; symptoms too. File names are written with `_` for `.`."""
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text)
    diagnosis = judge(read_bundle(directory, "checkout"), engine, Subject(name="checkout")).diagnosis
    return {each.playbook: each for finding in diagnosis.findings for each in (finding, *finding.symptoms)}


def stamped(*lines: str) -> str:
    return "".join(f"2026/11/20 14:02:{second % 60:02d} {line}\n" for second, line in enumerate(lines))


def zap(level: str, message: str, error: str) -> str:
    return json.dumps({"level": level, "ts": 1795183331.1, "caller": "app/main.go:31", "msg": message, "error": error}) + "\n"


LAST_WORDS = {
    "config-load-failure": [
        zap("fatal", "failed to load config", "open /etc/app/config.yaml: permission denied"),
        zap("fatal", "config", "yaml: line 12: did not find expected key"),
        'time="2026-11-20T14:02:11Z" level=fatal msg="environment variable DATABASE_URL is required"\n',
        CRI + '2026/11/20 14:02:11 cannot load configuration: json: unknown field "wokers"\n',
        "F1120 14:02:11.123456       1 main.go:12] unable to read config: toml: line 3: expected '.' or '=', invalid\n",
        "flag provided but not defined: -wokers\nUsage of /app/checkout:\n  -workers int\n    \tnumber of workers\n",
    ],
    "port-in-use": [
        "2026/11/20 14:02:11 listen tcp :8080: bind: address already in use\n",
        zap("error", "metrics server", "listen tcp4 0.0.0.0:9090: bind: address already in use"),
        CRI + "2026/11/20 14:02:11 listen unix /run/checkout.sock: bind: address already in use\n",
    ],
    "dynamic-linking": [
        CRI + "/app/checkout: error while loading shared libraries: libvips.so.42: cannot open shared object file: "
        "No such file or directory\n",
        "./checkout: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./checkout)\n",
        "Error loading shared library libvips.so.42: No such file or directory (needed by /app/checkout)\n",
        "Error relocating /app/checkout: __res_search: symbol not found\n",
    ],
    "dynamic-linking-platform": [
        CRI + "exec /app/checkout: exec format error\n",
        "standard_init_linux.go:228: exec user process caused: exec format error\n",
        "bash: line 1: /app/checkout: cannot execute binary file: Exec format error\n",
    ],
    "dynamic-linking-loader": [
        CRI + "exec /app/checkout: no such file or directory\n",
        "standard_init_linux.go:228: exec user process caused: no such file or directory\n",
    ],
    "unhandled-exit-fatal-line": [
        zap("fatal", "lost the lease", "another writer holds it"),
        'time="2026-11-20T14:02:11Z" level=fatal msg="schema too old"\n',
        "F1120 14:02:11.123456       1 main.go:12] schema too old\n",
    ],
    "disk-full": [
        READY + zap("error", "append", "write /data/wal/000017: no space left on device"),
        READY + "2026/11/20 14:02:11 mkdir /data/tmp: disk quota exceeded\n",
        READY + "2026/11/20 14:02:11 rename /data/a.tmp /data/a: no space left on device\n",
    ],
    "disk-read-only": [READY + "2026/11/20 14:02:11 mkdir /app/cache: read-only file system\n"],
}


@pytest.mark.parametrize(("playbook", "log"), [(name, log) for name, logs in LAST_WORDS.items() for log in logs])
def test_last_words_are_understood_in_other_wordings(playbook: str, log: str, engine: Engine, tmp_path: Path) -> None:
    assert list(fired(engine, tmp_path, service_log=log)) == [playbook]


IN_BULK = {
    "tls-certificate-expired": [
        (
            f'level=error msg="payment failed" error="{TLS}certificate has expired or is not yet valid: '
            'current time 2026-11-20T14:02:11Z is after 2026-11-20T00:00:00Z"'
        )
    ],
    "tls-certificate-unknown-authority": [
        (
            "rpc error: code = Unavailable desc = connection error: authentication handshake failed: "
            "x509: certificate signed by unknown authority"
        )
    ],
    "tls-certificate-wrong-name": [
        'Get "https://10.0.0.9/": x509: cannot validate certificate for 10.0.0.9 because it doesn\'t contain any IP SANs',
        "x509: certificate is not valid for any names, but wanted to match pay.example.com",
    ],
    "tls-certificate-refused-by-peer": [
        "http: TLS handshake error from 10.0.0.9:4411: remote error: tls: expired certificate",
        'Post "https://pay/": remote error: tls: certificate required',
    ],
    "connection-failure-refused": [
        "dial tcp [::1]:5432: connect: connection refused",
        "failed to connect to `host=db user=shop`: dial error (dial tcp 10.0.0.4:5432: connect: connection refused)",
        "dial unix /run/db.sock: connect: connection refused",
    ],
    "connection-failure-timeout": ["dial tcp 10.0.0.4:443: connect: no route to host", "dial tcp 10.0.0.4:443: i/o timeout"],
    "connection-failure-reset": [
        'Get "http://stock:8080/a": EOF',
        'Put "http://stock/a": http: server closed idle connection',
        'Post "http://stock/a": read tcp 10.0.0.1:4->10.0.0.2:80: read: connection reset by peer',
    ],
    "dns-failure-name": ["dial tcp: lookup stock.shop on 10.96.0.10:53: no such host", "lookup stock: no such host"],
    "dns-failure-resolver": [
        "dial tcp: lookup stock on 10.96.0.10:53: server misbehaving",
        "dial tcp: lookup stock on 10.96.0.10:53: read udp 10.0.0.1:4->10.96.0.10:53: i/o timeout",
        "dial tcp: lookup stock: Temporary failure in name resolution",
    ],
}


@pytest.mark.parametrize(("playbook", "line"), [(name, line) for name, lines in IN_BULK.items() for line in lines])
def test_errors_in_bulk_are_understood_in_other_wordings(playbook: str, line: str, engine: Engine, tmp_path: Path) -> None:
    log = READY + stamped(*[line] * 30, 'level=info msg="order taken" order=1')
    assert list(fired(engine, tmp_path, service_log=log)) == [playbook]


LOOK_ALIKES = [
    'level=error msg="GET /config.json: no such file or directory"',
    'level=error msg="order refused" error="customer settings: address is missing"',
    'level=warn msg="config file not found, using defaults" path=/etc/app/config.yaml',
    'level=error msg="config reload failed, keeping the old one" error="yaml: line 3: did not find expected key"',
    'level=info msg="required configuration loaded" missing=0',
    'level=critical msg="disk almost full" used=0.91',
    'level=alert msg="payment provider slow"',
    'level=error msg="machine report" text="nginx: bind() to 0.0.0.0:80 failed (98: Address already in use)"',
    'level=error msg="node failed" error="rpc error: code = Unknown desc = listen tcp :80: bind: address already in use"',
    'level=error msg="upload failed" error="rpc error: code = Internal desc = write /data/1: no space left on device"',
    'level=info msg="checked disks" result="no space left on device: 0, read-only file system: 0"',
    'level=info msg="incident closed" text="exec /app/ledger: exec format error on arm64 nodes"',
    'level=info msg="incident closed" text="ledger was OOMKilled, exit 137, Back-off restarting failed container"',
    "/usr/bin/convert: error while loading shared libraries: libjpeg.so.62: cannot open shared object file",
    'level=warn msg="probe of stock" error="dial tcp 10.0.0.4:80: connect: connection refused"',
    'level=info msg="lookup of stock: no such host in the catalogue"',
    "http: TLS handshake error from 10.0.0.9:4411: EOF",
    "http: TLS handshake error from 10.0.0.9:4411: tls: first record does not look like a TLS handshake",
    "http: TLS handshake error from 10.0.0.9:4411: remote error: tls: unknown certificate authority",
    'level=info msg="shutting down" signal=terminated',
]


def look_alikes() -> Iterator[str]:
    for line in LOOK_ALIKES:
        yield READY + stamped(line, 'level=info msg="order taken" order=1')
        if "convert" not in line:
            yield READY + stamped(line)


@pytest.mark.parametrize("log", list(look_alikes()))
def test_look_alikes_are_let_pass(log: str, engine: Engine, tmp_path: Path) -> None:
    assert list(fired(engine, tmp_path, service_log=log)) == []


def test_customers_who_leave_in_bulk_are_let_pass(engine: Engine, tmp_path: Path) -> None:
    left = ['level=warn msg="response not sent" error="write tcp 10.0.0.1:8080->10.0.0.9:4411: write: broken pipe"'] * 500
    assert fired(engine, tmp_path, service_log=READY + stamped(*left)) == {}


KILLED_BY_PROBE = ("probe-failure-liveness/fires-no-answer-in-time", "pods.json", "events.json")
NOT_READY = ("probe-failure-readiness/fires-dependency-down", "events.json")
REFUSED = ("gateway-502-refused/fires-process-gone", "gateway.log")
TOGETHER = [
    (
        [KILLED_BY_PROBE, ("partial-deadlock/fires-reserve-and-refund", "goroutine.txt")],
        "partial-deadlock",
        {"probe-failure-liveness"},
    ),
    (
        [
            ("oom-killed/fires-again-and-again", "pods.json"),
            ("goroutine-leak-channel-send/fires-abandoned-results", "goroutine.txt", "goroutineleak.txt"),
            REFUSED,
        ],
        "goroutine-leak-channel-send",
        {"oom-killed", "crash-loop", "gateway-502-refused"},
    ),
    (
        [
            ("crash-loop/fires-nil-pointer", "pods.json", "service.log"),
            ("gateway-502-no-live-upstream/fires-both-replicas-gone", "gateway.log"),
            NOT_READY,
        ],
        "panic-nil-pointer",
        {"crash-loop", "gateway-502-no-live-upstream", "probe-failure-readiness"},
    ),
    (
        [("oom-killed/fires-container-limit", "pods.json"), REFUSED, NOT_READY],
        "oom-killed",
        {"gateway-502-refused", "probe-failure-readiness"},
    ),
    (
        [("connection-failure-refused/fires-provider-down", "service.log"), NOT_READY],
        "connection-failure-refused",
        {"probe-failure-readiness"},
    ),
    ([("terminated/fires-rollout", "pods.json", "events.json"), REFUSED], "gateway-502-refused", set()),
]


@pytest.mark.parametrize(("evidence", "verdict", "symptoms"), TOGETHER)
def test_symptoms_are_told_beneath_their_cause(
    evidence: list[tuple[str, ...]], verdict: str, symptoms: set[str], engine: Engine, tmp_path: Path
) -> None:
    for example, *names in evidence:
        for name in names:
            shutil.copy(path_of(example) / name, tmp_path / name)
    write_meta(tmp_path, TAKEN_AT + timedelta(seconds=20), instance=POD)
    first = judge(read_bundle(tmp_path), engine, Subject(name="checkout")).diagnosis.findings[0]
    assert first.playbook == verdict
    assert symptoms <= {finding.playbook for finding in first.symptoms}


PROCESS_ENDED = {
    "reason": "OOMKilled",
    "exitCode": 137,
    "startedAt": "2026-11-01T08:00:00Z",
    "finishedAt": "2026-11-01T10:00:00Z",
}


@pytest.mark.parametrize(
    ("taken_at", "severity"),
    [("2026-11-01T10:20:00+00:00", "critical"), ("2026-11-01T18:00:00+00:00", "high"), ("2026-11-20T10:00:00+00:00", None)],
)
def test_an_end_of_last_month_is_no_news(taken_at: str, severity: str | None, engine: Engine, tmp_path: Path) -> None:
    status = {"phase": "Running", "containerStatuses": [{"restartCount": 1, "lastState": {"terminated": PROCESS_ENDED}}]}
    pods = {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "checkout-1"}, "status": status}]}
    found = fired(engine, tmp_path, pods_json=json.dumps(pods), meta_yaml=f"taken_at: '{taken_at}'\n")
    assert [(name, finding.severity) for name, finding in found.items()] == ([("oom-killed", severity)] if severity else [])
