from pathlib import Path

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.settings import load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_is_guessed_when_nothing_is_said() -> None:
    settings = load_settings()
    assert (settings.region, settings.pue, settings.wue_l_per_kwh) == (None, None, None)


def test_flags_win_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "eco.toml").write_text('region = "DEU"\npue = 1.1\nqf = "bits32"\n')
    monkeypatch.setenv("ECO_REGION", "FRA")
    monkeypatch.setenv("ECO_PUE", "1.2")
    settings = load_settings(region="SWE", pue=None)
    assert (settings.region, settings.pue, settings.qf) == ("SWE", 1.2, "bits32")


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "eco.toml").write_text('regoin = "DEU"\n')
    with pytest.raises(EcoError, match="regoin"):
        load_settings()


def test_a_pue_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECO_PUE", "low")
    with pytest.raises(EcoError, match="pue: 'low'"):
        load_settings()
