"""Every failure that shows in the log alone says there what it is known by, and ends as it should."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
import shop

SPOKEN = {
    "config-broken-file": (r"level=fatal .*invalid character '}'", 1),
    "config-missing-file": (r"config: open /etc/checkout/checkout\.json: no such file or directory", 1),
    "config-missing-variable": (r"level=fatal .*PAYMENTS_URL is not set", 1),
    "config-safe-default": (r"level=warn .*using defaults(.*\n)*.*listening", None),
    "customers-leave": (r"write: (broken pipe|connection reset by peer)", None),
    "disk-full-elsewhere": (r"rpc error: .*no space left on device", None),
    "dns-name-unknown": (r"lookup payments\.invalid.*: no such host", None),
    "dns-resolver-fails": (r"lookup payments\.invalid.*: server misbehaving", None),
    "dns-resolver-silent": (r"lookup payments\.invalid.*: i/o timeout", None),
    "exit-abandoned": (r"lost the leader lease", 3),
    "exit-fatal-record": (r"level=fatal ", 1),
    "exit-schema": (r"database schema has version 7", 1),
    "init-panic": (r"listening", None),
    "peer-gone": (r"dial tcp \S+: connect: connection refused", None),
    "peer-resets": (r"read: connection reset by peer", None),
    "peer-unreachable": (r"dial tcp \S+: i/o timeout", None),
    "port-freed-in-time": (r"trying again(.*\n)*.*listening", None),
    "port-in-use": (r"bind: address already in use", 1),
    "port-in-use-second": (r"level=error .*bind: address already in use", None),
    "tls-expired": (r"x509: certificate has expired.* is after ", None),
    "tls-not-yet-valid": (r"x509: certificate has expired.* is before ", None),
    "tls-refused-by-callers": (r"TLS handshake error from .*remote error: tls: bad certificate", None),
    "tls-unknown-authority": (r"x509: certificate signed by unknown authority", None),
    "tls-wrong-name": (r"x509: certificate is valid for www\.example\.org, not payments\.internal", None),
}
NEEDS_A_DISK = {"disk-full"}
LISTED = re.compile(r'^\t"([a-z-]+)":', re.MULTILINE)


def ran(binary: Path, directory: Path, failure: str, sign: str, **environment: str) -> tuple[str, int]:
    """Run the shop until its log shows a sign, or it has ended: the log, and the exit status after SIGTERM."""
    path = directory / "shop.log"
    command = [str(binary), f"--failure={failure}", "--count=2", "--lifetime=60s"]
    with path.open("wb") as log:
        process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL, env=os.environ | {"TZ": "UTC"} | environment)
        try:
            shop.wait_until(lambda: process.poll() is not None or bool(re.search(sign, path.read_text())), 30)
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            return path.read_text(), process.wait(30)
        finally:
            process.kill()


@pytest.mark.parametrize("failure", SPOKEN)
def test_the_log_says_what_failed(failure: str, shop_binary: Path, tmp_path: Path) -> None:
    sign, status = SPOKEN[failure]
    log, ended = ran(shop_binary, tmp_path, failure, sign)
    assert re.search(sign, log), log
    assert ended in ({0, -signal.SIGTERM} if status is None else {status})


def test_every_logged_failure_is_tested() -> None:
    listed = set(LISTED.findall((shop.MODULE / "logged.go").read_text()))
    assert listed == SPOKEN.keys() | NEEDS_A_DISK


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"SHOP_TAX_RATES": "FR=zwanzig"}, r"panic: tax rate of FR: .*\n(.*\n)+example\.com/shop/tax\.init\(\)"),
        (
            {"SHOP_TAX_RATES": "DE=19", "SHOP_TAX_REGION": "EU"},
            r"nil pointer dereference\n(.*\n)+example\.com/shop/tax\.init\.0\(\)",
        ),
    ],
)
def test_packages_panic_before_main(environment: dict[str, str], message: str, shop_binary: Path, tmp_path: Path) -> None:
    log, ended = ran(shop_binary, tmp_path, "init-panic", message, **environment)
    assert re.search(message, log), log
    assert ended == shop.CRASH_STATUS


def test_a_full_disk_is_reported_for_each_invoice(shop_binary: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    log, _ = ran(shop_binary, tmp_path, "disk-full", r"invoice=2", INVOICES=missing)
    assert log.count("cannot store invoice") == 2
