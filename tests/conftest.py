"""Fixtures of the whole test tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shop
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def shop_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The failing Go shop, built once per session in a directory of its own."""
    return shop.build(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def run_shop(shop_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[shop.ShopRunner]:
    """Starts shops: `run_shop("leak-chan-send", count=500)`; all of them end with the test."""
    runner = shop.ShopRunner(shop_binary, tmp_path_factory.mktemp("shop-run"))
    yield runner
    runner.stop()
