"""Ideal device-seconds of one generated image or video, term by term."""

import math

from ecoanalysis.models.configuration import Configuration

_PATCH_PIXELS = 256.0  # one token of a diffusion transformer: latent factor 8, patch 2
_STEPS = 25
_LAYERS = 32
_CONVOLUTION_YEAR = 2023  # convolutional denoisers compute at every latent pixel: 64 image pixels


def image_terms(config: Configuration) -> dict[str, float]:
    """Return device-seconds per image or video [s], each an ideal.

    denoise: 2 · parameters · tokens · steps / peak; attend: 4 · layers · hidden · tokens² · steps / peak; decode:
    pixels of all frames; launch: layers · steps · devices / batch; weights streamed once a step; communicate:
    activations exchanged between devices per layer.
    """
    device, facts = config.device, config.facts
    peak = device.peak_flops(config.precision) or math.nan
    bandwidth = device.bandwidth_bytes_per_s or math.nan
    pixels, frames, steps = config.pixels or 2.0**20, config.frames or 1, config.steps or _STEPS
    params = float(facts.denoiser_params_count or facts.params_count or 0)
    tokens = pixels * frames / _PATCH_PIXELS
    layers, hidden = facts.layers_count or _LAYERS, facts.hidden_size or math.sqrt(params / 12 / _LAYERS)
    devices, batch = config.devices_count, config.batch_size
    encoders = max(float(facts.params_count or 0) - params, 0.0)
    return {
        "denoise": 2 * params * tokens * steps / peak,
        "attend": 4 * layers * hidden * tokens**2 * steps / peak,
        "decode": pixels * frames * 5e6 / peak,
        "encode": 2 * encoders * 128 / peak,
        "weights": 2 * params * steps / bandwidth / batch,
        "launch": layers * steps * devices / batch * 1e-5,
        "item": devices * 1e-2,
        "communicate": layers * steps * hidden * tokens * 8 / bandwidth * (devices - 1),
        "transition": devices * steps * 1e-3 / math.sqrt(batch),
    }


def image_features(config: Configuration) -> dict[str, float]:
    """Return the numbers that the learned residual of images sees."""
    pixels, frames, steps = config.pixels or 2.0**20, config.frames or 1, config.steps or _STEPS
    parallelism = config.parallelism or ""
    ring = next(
        (
            float(part[4:])
            for part in parallelism.replace("ulysses", " ulysses").split()
            if part[:4] == "ring"
        ),
        1.0,
    )
    if "ring" in parallelism:
        digits = "".join(c for c in parallelism.split("ring")[1] if c.isdigit())
        ring = float(digits or 1)
    params = float(config.facts.denoiser_params_count or config.facts.params_count or 1)
    return {
        "log_batch": math.log(config.batch_size),
        "log_devices": math.log(config.devices_count),
        "log_ring": math.log(ring),
        "log_params": math.log(params),
        "log_pixels": math.log(pixels),
        "log_frames": math.log(frames),
        "log_steps": math.log(steps),
        "encoder_ratio": float(config.facts.params_count or params) / params,
        "is_transformer": float(bool(config.facts.layers_count)),
    }
