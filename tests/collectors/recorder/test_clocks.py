from collectors.recorder.clocks import Clocks, Drift


class Hands:
    """Three clocks that a test moves."""

    def __init__(self) -> None:
        self.monotonic, self.utc, self.boot = 10**9, 5 * 10**18, 2 * 10**9

    def clocks(self) -> Clocks:
        return Clocks(lambda: self.monotonic, lambda: self.utc, lambda: self.boot)

    def pass_s(self, seconds: float) -> None:
        for name in ("monotonic", "utc", "boot"):
            setattr(self, name, getattr(self, name) + int(seconds * 1e9))


def test_time_that_passes_is_nothing_to_tell() -> None:
    hands = Hands()
    drift = Drift(hands.clocks())
    hands.pass_s(3600)
    assert drift.look() == []


def test_a_step_of_the_wall_clock_is_told_once_with_its_size() -> None:
    hands = Hands()
    drift = Drift(hands.clocks())
    hands.utc -= 7_250_000_000
    [(code, text)] = drift.look()
    assert code == "clock_step"
    assert "-7.250 s" in text
    assert drift.look() == []


def test_a_suspend_is_told_and_is_no_clock_step() -> None:
    hands = Hands()
    drift = Drift(hands.clocks())
    hands.utc += 60 * 10**9
    hands.boot += 60 * 10**9
    [(code, text)] = drift.look()
    assert code == "suspended"
    assert "60.0 s" in text
