"""One crash gives one answer, whatever carried its text: the JSON document is the same byte for byte but for places and times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from transported import ENCODINGS, WRAPPINGS

from bot.collect.files import read_files
from bot.diagnose import Engine, Subject, judge, load_engine
from bot.parse.sniff import sniff
from bot.render.document import document, json_text

RECORDED = Path(__file__).parent / "goservices" / "recorded"
LOGS = ("go1.27/crash-nil", "go1.27/deadlock", "go1.21/crash-map")
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
PLACES = frozenset({"locator", "bytes", "duration_seconds"})


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def answer(engine: Engine, file: Path) -> dict[str, Any]:
    bundle = read_files([str(file)], service="shop", sniff=sniff, now=NOW)
    return document(judge(bundle, engine, Subject(name="shop")).diagnosis)


def without_places(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key not in PLACES}
    return [without_places(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_crash_gives_the_same_answer_through_every_transport(name: str, log: str, tmp_path: Path, engine: Engine) -> None:
    text = (RECORDED / log / "service.log").read_text(encoding="utf-8")
    plain, carried = tmp_path / "plain" / "crash.log", tmp_path / "carried" / "crash.log"
    for file, lines in ((plain, text.split("\n")), (carried, WRAPPINGS[name][1](text.split("\n")))):
        file.parent.mkdir()
        file.write_text("\n".join(lines), encoding="utf-8", newline="")
    expected, found = answer(engine, plain), answer(engine, carried)
    assert expected["findings"]
    assert json_text(without_places(found)) == json_text(without_places(expected))
    json.loads(json_text(found))


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_crash_gives_the_same_answer_from_every_kind_of_file(name: str, tmp_path: Path, engine: Engine) -> None:
    text = (RECORDED / LOGS[0] / "service.log").read_bytes()
    plain, packed = tmp_path / "plain" / "crash.log", tmp_path / "packed" / "crash.log"
    for file, content in ((plain, text), (packed, ENCODINGS[name](text))):
        file.parent.mkdir()
        file.write_bytes(content)
    expected, found = answer(engine, plain), answer(engine, packed)
    assert expected["findings"]
    assert json_text(without_places(found)) == json_text(without_places(expected))
