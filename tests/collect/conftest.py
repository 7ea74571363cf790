"""Fixtures for collecting: servers that misbehave, and connections to them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from misbehaving import Misbehaving, Reply


@pytest.fixture
def serve() -> Iterator[Callable[..., Misbehaving]]:
    """Start servers that answer as told; all of them stop with the test."""
    servers: list[Misbehaving] = []

    def start(reply: Reply, *, socket_path: Path | None = None, context: ssl.SSLContext | None = None) -> Misbehaving:
        servers.append(Misbehaving(reply, socket_path, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
