"""Terms of energy against operations that papers count, and devices that promise more than they save."""

import math

import numpy as np
import polars as pl
import pytest

from ecoanalysis.identity.models import find_model
from ecoanalysis.models import mixed, physics, timed
from ecoanalysis.models.configuration import configuration_of
from ecoanalysis.models.frame import describe, training_frame
from ecoanalysis.models.images import denoiser_of, image_terms
from ecoanalysis.models.splits import splits
from tests.ecoanalysis.models.rows import made, measurement

H100_FLOPS = 989e12  # dense bf16


def image(model: str, *, steps: int, frames: int | None = None) -> dict[str, float]:
    row = measurement(model, "NVIDIA H100 SXM5 80GB", 1.0, item_unit="image", task="text-to-image",
                      input_shape="1024x1024", accelerators_count=1, steps=steps, frames=frames)  # fmt: skip
    config = configuration_of(row)
    assert config is not None
    return image_terms(config)


def test_a_long_prompt_costs_its_attention_too() -> None:
    """Llama-3.1-8B: two operations per parameter, and 4 × 32 heads × 128 per layer (32) and token seen (50,000)."""
    row = measurement(
        "Llama-3.1-8B",
        "NVIDIA H100 SXM5 80GB",
        1.0,
        accelerators_count=1,
        input_tokens=100_000.0,
        output_tokens=300.0,
    )
    config = configuration_of(row)
    assert config is not None
    per_token = 2 * 8.03e9 + 4 * 32 * 128 * 32 * 50_000
    joules = 700 * per_token * 100_000 / 300 / H100_FLOPS
    assert describe(config)["term_prefill"] == pytest.approx(joules, rel=1e-3)


def test_a_guided_step_of_sdxl_takes_two_forwards_of_six_teraflops() -> None:
    # DistriFusion (arXiv:2402.19481): 299 TMACs for 50 guided steps at 1024 x 1024, so 5.98 TFLOPs a forward
    assert image("stabilityai/stable-diffusion-xl-base-1.0", steps=1)["denoise"] == pytest.approx(
        2 * 5.98e12 / H100_FLOPS, rel=0.01
    )


def test_attention_of_a_u_net_adds_its_products_and_grows_with_the_square_of_the_pixels() -> None:
    # counted from the published architecture: SDXL 392 GMACs at 1024 x 1024; SD 2.1 63 at 512 x 512, 314 at 768 x 768
    attend = image("stabilityai/stable-diffusion-xl-base-1.0", steps=1)["attend"]
    assert attend == pytest.approx(2 * 2 * 392e9 / H100_FLOPS, rel=0.01)
    facts = find_model("stabilityai/stable-diffusion-2-1")
    assert facts is not None
    counted = denoiser_of(facts).macs_per_pair
    assert counted is not None
    assert [counted * pixels**4 / 256**2 for pixels in (512, 768)] == pytest.approx([63e9, 314e9], rel=0.02)


def test_a_step_of_distilled_flux_takes_one_forward_over_image_and_text_tokens() -> None:
    terms = image("black-forest-labs/FLUX.1-dev", steps=1)
    tokens = 4096 + 512
    assert terms["denoise"] == pytest.approx(2 * 57 * 12 * 3072**2 * tokens / H100_FLOPS, rel=1e-3)
    assert terms["attend"] == pytest.approx(4 * 57 * 3072 * tokens**2 / H100_FLOPS, rel=1e-6)


def test_linear_attention_on_coarse_latents_has_no_quadratic_term() -> None:
    terms = image("Efficient-Large-Model/SANA1.5_1.6B_1024px_diffusers", steps=1)
    assert terms["attend"] == 0.0
    assert terms["denoise"] == pytest.approx(2 * 2 * 1.355e9 * 1024 / H100_FLOPS, rel=1e-3)


def test_video_frames_share_latent_tokens() -> None:
    one, many = (image("Wan-AI/Wan2.1-T2V-14B", steps=1, frames=frames)["denoise"] for frames in (1, 81))
    assert many / one == pytest.approx(21)  # a causal autoencoder of factor 4: 1 + 80 / 4


def test_denoisers_that_no_table_has_follow_a_rule() -> None:
    config = configuration_of(measurement("segmind/SSD-1B", "NVIDIA H100 SXM5 80GB", 1.0, item_unit="image"))
    assert config is not None
    assert denoiser_of(config.facts).params_per_token == pytest.approx(0.35 * 1.3e9)


def test_of_promised_savings_only_a_share_is_expected_from_one_device() -> None:
    frame = training_frame(made(noise=0.001))["token"]
    seen = frame.filter(pl.col("device").str.contains("H100"))
    fitted = physics.fit(seen)
    assert fitted.values["exponents"] == pytest.approx({"flops": 0.3, "bytes": 0.3, "watts": 0.8}, abs=0.01)
    row = seen.head(1)
    other = row.with_columns(pl.col("term_weights") / 2, pl.col("resource_bytes") - math.log(2))
    at = [name for name in row.columns if name.startswith("term_")].index("term_weights")
    ratio = physics.joules_by_term(fitted, other)[0, at] / physics.joules_by_term(fitted, row)[0, at]
    assert ratio == pytest.approx(2**-0.3, rel=0.01)


def wall(model: str, device: str, scenario: str, energy_j: float, **other: object) -> dict[str, object]:
    known = {
        "item_unit": "sample", "boundary": "wall", "task": "resnet", "framework": "TensorRT",
        "framework_version": "8.4", "precision": "int8", "scenario": scenario, "accelerators_count": 1,
    }  # fmt: skip
    return measurement(model, device, 1.0, energy_j, **(known | other))


def walls(factors: dict[str, float], **other: object) -> list[dict[str, object]]:
    """Return rows that take what board and machine do, times a factor of their scenario."""
    rows: list[dict[str, object]] = []
    for device in ("NVIDIA A100 SXM4 80GB", "NVIDIA A30", "NVIDIA A2", "NVIDIA T4"):
        for model in ("resnet-50", "resnet-101", "resnet-152"):
            for scenario, factor in factors.items():
                row = wall(model, device, scenario, 1.0, **other)
                config = configuration_of(row)
                assert config is not None
                known = describe(config)
                row["energy_per_item_j"] = factor * (3 * known["term_board"] + 2 * known["term_server"])
                rows.append(row | {"id": len(rows)})
    return rows


def test_a_scenario_that_waits_takes_its_factor_on_a_device_never_seen() -> None:
    frame = training_frame(
        pl.DataFrame(walls({"offline": 1.0, "single_stream": 4.0}), infer_schema_length=None)
    )
    rows = frame["wall sample"]
    seen, unseen = (rows.filter((pl.col("device") == "NVIDIA A30") == new) for new in (False, True))
    found = physics.predict(physics.fit(seen), unseen) - unseen["log_j"].to_numpy()
    assert np.abs(found).max() < 0.1


def test_samples_at_the_wall_are_not_mixed_with_samples_of_a_board() -> None:
    rows = walls({"offline": 1.0})
    board = [row | {"boundary": "board", "id": 100 + i} for i, row in enumerate(rows)]
    frames = training_frame(pl.DataFrame([*rows, *board], infer_schema_length=None))
    assert {kind: frame["boundary"].unique().to_list() for kind, frame in frames.items()} == {
        "wall sample": ["wall"], "sample": ["board"],
    }  # fmt: skip


def test_a_device_with_a_framework_of_its_own_is_left_to_the_tier_of_stacks() -> None:
    rows = walls({"offline": 1.0, "server": 1.1, "single_stream": 3.0})
    rows += [
        wall("resnet-50", "NVIDIA Jetson AGX Xavier 32GB", name, 1.0, framework="ArmNN (OpenCL)", id=200 + i)
        for i, name in enumerate(("offline", "server"))
    ]
    frame = training_frame(pl.DataFrame(rows, infer_schema_length=None))["wall sample"]
    tested = {split.name for split in splits(frame, "device")}
    assert tested == {"NVIDIA A100 SXM4 80GB", "NVIDIA A30", "NVIDIA A2", "NVIDIA T4"}


def test_architectures_that_pool_fully_have_no_levels_of_their_own() -> None:
    class Pooled:
        cov_re = np.zeros((1, 1))

        @property
        def random_effects(self) -> dict[str, pl.Series]:
            raise ValueError("singular covariance structure")  # as statsmodels 0.14 does

    assert mixed._levels(Pooled()) == {}


def test_a_device_never_seen_is_not_taken_for_the_one_with_a_like_data_sheet() -> None:
    share = pl.when(pl.col("device").str.contains("H100")).then(0.5).otherwise(0.8)
    frame = training_frame(made())["token"].with_columns(
        device_s=pl.col("log_j").exp() / (pl.col("tdp_w") * share)
    )
    fitted = timed.fit(frame)
    rows = frame.with_columns(device=pl.lit("nobody's"))
    low, high = (
        timed.predict(fitted, rows.with_columns(pl.lit(ridge).alias("x_log_ridge"))) for ridge in (0.0, 9.0)
    )
    assert low.tolist() == high.tolist()
