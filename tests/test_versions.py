"""The same failing programs, built with four releases of Go, give the same findings: playbook and function to blame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.collect.bundle import read_bundle
from bot.diagnose import Engine, Subject, judge, load_engine
from bot.model.diagnosis import Finding
from bot.model.rule import Confidence

RECORDED = Path(__file__).parent / "goservices" / "recorded"
VERSIONS = ("go1.21", "go1.24", "go1.26", "go1.27")
SHOP = "example.com/shop"
LOCKS = {
    ("lock-contention", f"{SHOP}/inventory.(*Warehouse).Reserve"),
    ("lock-contention", f"{SHOP}/ledger.(*Refunds).Refund"),
}

Found = set[tuple[str, str]]

EXPECTED: dict[str, Found] = {
    "healthy": set(),
    "crash-nil": {("panic-nil-pointer", f"{SHOP}/orders.(*Reconciler).discount")},
    "crash-map": {("concurrent-map-access", f"{SHOP}/cart.(*Recent).record")},
    "deadlock": {("deadlock", f"{SHOP}/inventory.(*Loader).load")},
    "stack-overflow": {("stack-overflow", f"{SHOP}/catalogue.(*Category).Path")},
    "oom": {("out-of-memory", f"{SHOP}/ledger.(*Export).month")},
    "handler-panic": {("panic-nil-map", f"{SHOP}/checkout.(*Discounts).redeem")},
    "fd-leak": {("fd-exhaustion-refused", ""), ("fd-exhaustion", "")},
    "heap-map": {("heap-growth", f"{SHOP}/cart.renderBasket")},
    "lock-convoy": {("lock-contention", f"{SHOP}/ledger.(*Book).Post")},
    "lock-cycle": {("partial-deadlock", f"{SHOP}/inventory.(*Warehouse).Release")} | LOCKS,
    "leak-chan-send": {("goroutine-leak-channel-send", f"{SHOP}/pricing.(*Pool).fetch")},
    "leak-chan-receive": {("goroutine-leak-channel-receive", f"{SHOP}/cart.(*Importer).work")},
    "body-leak": {("goroutine-leak-http-body", "net/http.(*persistConn).readLoop")},
}
AGED = {"leak-chan-send", "leak-chan-receive", "body-leak"}
"""A hundred waiting goroutines are a leak once they have waited for ten minutes: these recordings were taken after that time."""

ONLY_IN = {("go1.27", "handler-panic"): {("goroutine-leak-channel-receive", f"{SHOP}/orders.(*Mailer).work")}}
"""Go 1.27 alone has a leak profile, in which the runtime proves of one goroutine that nobody can ever wake it."""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def findings(engine: Engine, version: str, failure: str) -> list[Finding]:
    directory = RECORDED / (f"{version}-aged" if failure in AGED else version) / failure
    return list(with_symptoms(judge(read_bundle(directory), engine, Subject(name="checkout")).diagnosis.findings))


def with_symptoms(found: Sequence[Finding]) -> Iterator[Finding]:
    for finding in found:
        yield finding
        yield from with_symptoms(finding.symptoms)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("failure", EXPECTED)
def test_every_release_gives_the_same_findings(failure: str, version: str, engine: Engine) -> None:
    found = {(item.playbook, item.culprit.function if item.culprit else "") for item in findings(engine, version, failure)}
    assert found == EXPECTED[failure] | ONLY_IN.get((version, failure), set())


@pytest.mark.parametrize("failure", ["leak-chan-send", "leak-chan-receive"])
def test_what_thresholds_make_likely_the_leak_profile_makes_certain(failure: str, engine: Engine) -> None:
    confidences = {version: findings(engine, version, failure)[0].confidence for version in VERSIONS}
    assert confidences == dict.fromkeys(VERSIONS, Confidence.LIKELY) | {"go1.27": Confidence.CERTAIN}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_failure_is_compared(version: str) -> None:
    assert {directory.name for directory in (RECORDED / version).iterdir()} == set(EXPECTED)
