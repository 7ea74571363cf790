from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def test_it_runs_alone_says_where_and_ends_when_asked() -> None:
    command = [sys.executable, "-m", "bot.localslack", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as run:
        try:
            assert run.stdout is not None
            lines = [run.stdout.readline() for _ in range(6)]
            variables = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
            assert set(variables) == {"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}
            headers = {"authorization": f"Bearer {variables['SLACK_BOT_TOKEN']}"}
            assert httpx.post(variables["SLACK_API_URL"] + "auth.test", headers=headers).json()["ok"]
        finally:
            run.terminate()
        assert run.wait(timeout=10) == 0


def test_a_bad_manifest_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text("features: {}")
    command = [sys.executable, "-m", "bot.localslack", "--port", "0", "--manifest", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert done.stderr.strip().startswith("python -m bot.localslack: display_information.name is missing")
