"""The web font is cut small, keeps every letter of the three languages, and may be missing."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from portal import fonts

BUDGET = 36 * 1024  # bytes for both weights together


def test_the_cut_font_is_small_and_has_every_letter(tmp_path: Path) -> None:
    made = fonts.cut(tmp_path)

    assert sorted(file.name for file in made) == ["inter-400.woff2", "inter-650.woff2"]
    assert sum(file.stat().st_size for file in made) <= BUDGET
    for file in made:
        assert {ord(letter) for letter in fonts.LETTERS} <= set(TTFont(file).getBestCmap())


def test_figures_can_stand_in_columns_and_letters_are_kerned(tmp_path: Path) -> None:
    font = TTFont(fonts.cut(tmp_path)[0])

    assert "tnum" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}
    assert "kern" in {record.FeatureTag for record in font["GPOS"].table.FeatureList.FeatureRecord}


def test_the_second_time_nothing_is_cut(tmp_path: Path) -> None:
    fonts.cut(tmp_path)

    assert fonts.cut(tmp_path) == []


def test_without_the_package_nothing_is_made_and_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FONT_DIR", str(tmp_path / "nowhere"))

    assert fonts.cut(tmp_path / "fonts") == []
