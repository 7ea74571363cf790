from __future__ import annotations

import re

from bot.rules.fingerprint import fingerprint


def test_it_is_short_and_stable() -> None:
    assert fingerprint("my-leak", "checkout", ["main.run"]) == "1ad2c902085a1541"
    assert re.fullmatch("[0-9a-f]{16}", fingerprint("my-leak", "checkout", []))


def test_it_tells_playbooks_services_and_functions_apart() -> None:
    made = {
        fingerprint("a", "s", ["main.f"]),
        fingerprint("b", "s", ["main.f"]),
        fingerprint("a", "t", ["main.f"]),
        fingerprint("a", "s", ["main.g"]),
        fingerprint("a", "s", []),
        fingerprint("a", "s", ["main.f", "main.g"]),
    }
    assert len(made) == 6


def test_it_is_the_same_over_rebuilds() -> None:
    assert fingerprint("a", "s", ["x/v2.f.func1"]) == fingerprint("a", "s", ["x/v3.f.func2"])
    assert fingerprint("a", "s", ["main.g", "main.f"]) == fingerprint("a", "s", ["main.f", "main.g"])
