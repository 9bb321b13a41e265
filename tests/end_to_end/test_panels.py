"""A roll-out in steps, as a stranger runs it: what is refused, and what the report shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from panel_plugin import panel_plugin, write_panel  # noqa: F401 - found by its name

from impacteval.cli.run import run

pytestmark = pytest.mark.usefixtures("panel_plugin")
WORRIED = "{name: many-periods, settings: {worried: true}}"
JUSTIFIED = (
    "{name: many-periods, settings: {worried: true}, "
    "justification: {en: Agreed in 2017., fr: Convenu en 2017.}}"
)


def command(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    return int(left.value.code or 0)


@pytest.mark.parametrize("name", ["check", "lock", "prepare"])
def test_an_estimator_with_a_concern_needs_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = write_panel(tmp_path / "study", estimator=WORRIED)
    assert command(name, folder) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "The service began at 3 different times" in told
    assert "justification" in told
    assert "Traceback" not in told
    assert {file.name for file in folder.iterdir()} == {
        "contract.yaml", "plan.yaml", "communes.csv",
    }  # fmt: skip
    write_panel(folder, estimator=JUSTIFIED)
    assert command(name, folder) == 0
