"""What the recipes write without running anything is what the examples of the playbooks hold."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import examples
import pytest

RECIPES = Path(__file__).parent / "recipes"
FILES = {
    "cluster.py": ("pods.json", "events.json"),
    "kernel_log.py": ("kernel.log",),
    "kubelet_log.py": ("kubelet.log",),
    "endings.py": ("service.log",),
}
WRITTEN = {recipe: runpy.run_path(str(RECIPES / recipe)) for recipe in FILES}
CASES = [(recipe, example) for recipe, module in WRITTEN.items() for example in module["EXAMPLES"]]


@pytest.mark.parametrize(("recipe", "example"), CASES)
def test_an_example_is_what_its_recipe_writes(recipe: str, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = examples.path_of(example)
    names = FILES[recipe]
    monkeypatch.setattr(examples, "PLAYBOOKS", tmp_path)
    shutil.copytree(kept, examples.path_of(example), dirs_exist_ok=True)
    for name in names:
        (examples.path_of(example) / name).unlink()
    WRITTEN[recipe]["write"](example)
    for name in names:
        assert (examples.path_of(example) / name).read_text() == (kept / name).read_text()
