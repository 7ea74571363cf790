"""The built wheel, in an empty environment outside the checkout: nothing may depend on the files around it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GOCRASH_", "VIRTUAL_ENV"))}
    finished = subprocess.run([*map(str, command)], cwd=cwd, env=clean, capture_output=True, text=True, timeout=600, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from what git knows, so that nothing left lying about in the checkout gets in."""
    place = tmp_path_factory.mktemp("package")
    source = place / "source"
    source.mkdir()
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place, source, cwd=place)
    return next(place.glob("gocrash-*.whl"))


def test_the_wheel_holds_the_program_and_its_playbooks_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"bot", "playbooks", "gocrash"}
    assert "bot/slack/manifest.yaml" in names
    shipped = {name for name in names if name.startswith("playbooks/")}
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "playbooks", cwd=ROOT).split()
    assert {name for name in listed if (ROOT / name).is_file()} <= shipped


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    run(tmp_path / "venv/bin/pip", "install", "--quiet", wheel, cwd=tmp_path)
    gocrash = tmp_path / "venv/bin/gocrash"
    assert "pricing.(*Pool).fetch" in run(gocrash, "demo", "--once", "/gocrash checkout", cwd=tmp_path)
    assert " 0 problems" in run(gocrash, "check", cwd=tmp_path)
    assert run(gocrash, "--version", cwd=tmp_path).startswith("gocrash, version ")
