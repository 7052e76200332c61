import pytest

from ecoanalysis.store import freshness


def test_another_version_of_a_library_makes_stored_results_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    before = freshness.code_digest.__wrapped__()
    monkeypatch.setattr(freshness, "version", lambda name: "99.0" if name == "statsmodels" else "1.0")
    other = freshness.code_digest.__wrapped__()
    monkeypatch.setattr(freshness, "version", lambda name: "1.0")
    assert len({before, other, freshness.code_digest.__wrapped__()}) == 3
