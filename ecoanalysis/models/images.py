"""Ideal device-seconds of one generated image or video, term by term."""

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecoanalysis.identity.models import ModelFacts
from ecoanalysis.models.configuration import Configuration

_PIXELS = 2.0**20
_STEPS = 25
_LAYERS = 32
_PIXELS_PER_TOKEN = 256.0  # autoencoder factor 8, patch 2
# A U-Net's deep levels hold most parameters and see few pixels: 0.28 to 0.39 of all act per token (SDXL, SD 1.5); its
# attention multiplies 23 to 60 thousand times per pair of tokens.
_UNET_RATIO = 0.35
_UNET_MACS_PER_PAIR = 40_000.0


@dataclass(frozen=True, slots=True)
class Denoiser:
    """What runs at every step. `params_per_token`: weights that one latent token passes, half of its operations.

    A latent token stands for `pixels_per_token` × `frames_per_token`; `text_tokens` join the image's (streams of
    multimodal transformers); guidance without distillation takes two forwards a step. `macs_per_pair`: multiplications
    of attention's two products per pair of tokens; None for a transformer over all tokens (2 · layers · hidden), 0 for
    linear attention, counted for U-Nets, most of whose levels see fewer tokens.
    """

    params_per_token: float
    pixels_per_token: float = _PIXELS_PER_TOKEN
    frames_per_token: float = 1.0
    text_tokens: float = 0.0
    forwards_per_step: float = 2.0
    macs_per_pair: float | None = None


def denoiser_of(facts: ModelFacts) -> Denoiser:
    """Return a diffusion model's denoiser from the table; else what transformers or U-Nets have by rule."""
    if known := _denoisers().get(facts.name):
        return known
    params = float(facts.denoiser_params_count or facts.params_count or 0)
    if facts.layers_count:
        return Denoiser(params)
    return Denoiser(_UNET_RATIO * params, macs_per_pair=_UNET_MACS_PER_PAIR)


def image_terms(config: Configuration) -> dict[str, float]:
    """Return device-seconds per image or video [s], each an ideal.

    denoise: 2 · parameters per token · tokens · forwards / peak; attend: 2 · multiplications per pair · tokens² ·
    forwards / peak; stream: activations written and read per layer / bandwidth; decode: pixels of all frames; launch:
    layers · steps · devices / batch; weights streamed once a step; communicate: activations exchanged between devices.
    """
    device, facts = config.device, config.facts
    peak = device.peak_flops(config.precision) or math.nan
    bandwidth = device.bandwidth_bytes_per_s or math.nan
    denoiser, (pixels, frames, steps) = denoiser_of(facts), _shape(config)
    forwards, tokens = steps * denoiser.forwards_per_step, _tokens(denoiser, pixels, frames)
    params = float(facts.denoiser_params_count or facts.params_count or 0)
    layers, hidden = facts.layers_count or _LAYERS, facts.hidden_size or math.sqrt(params / 12 / _LAYERS)
    devices, batch = config.devices_count, config.batch_size
    activations = layers * hidden * tokens * forwards
    per_pair = 2 * layers * hidden if denoiser.macs_per_pair is None else denoiser.macs_per_pair
    return {
        "denoise": 2 * denoiser.params_per_token * tokens * forwards / peak,
        "attend": 2 * per_pair * tokens**2 * forwards / peak,
        "stream": 20 * activations / bandwidth,
        "decode": pixels * frames * 1e7 / peak,
        "encode": 2 * max(float(facts.params_count or 0) - params, 0.0) * 256 / peak,
        "weights": 2 * params * steps / bandwidth / batch,
        "launch": layers * steps * devices / batch * 1e-5,
        "item": devices * 1e-2,
        "communicate": 8 * activations / bandwidth * (devices - 1),
        "transition": devices * steps * 1e-3 / math.sqrt(batch),
    }


def image_features(config: Configuration) -> dict[str, float]:
    """Return the numbers that the learned residual of images sees."""
    denoiser, (pixels, frames, steps) = denoiser_of(config.facts), _shape(config)
    params = float(config.facts.denoiser_params_count or config.facts.params_count or 1)
    return {
        "log_batch": math.log(config.batch_size),
        "log_devices": math.log(config.devices_count),
        "log_ring": math.log(_ring(config.parallelism)),
        "log_params": math.log(params),
        "log_tokens": math.log(_tokens(denoiser, pixels, frames)),
        "log_forwards": math.log(steps * denoiser.forwards_per_step),
        "log_frames": math.log(frames),
        "encoder_ratio": float(config.facts.params_count or params) / params,
        "is_transformer": float(bool(config.facts.layers_count)),
    }


def _shape(config: Configuration) -> tuple[float, float, float]:
    """Return pixels, frames and steps."""
    return config.pixels or _PIXELS, float(config.frames or 1), float(config.steps or _STEPS)


def _tokens(denoiser: Denoiser, pixels: float, frames: float) -> float:
    """Return the tokens of one forward; of video the first frame stands alone (causal autoencoders)."""
    latent_frames = (frames - 1) / denoiser.frames_per_token + 1
    return pixels * latent_frames / denoiser.pixels_per_token + denoiser.text_tokens


def _ring(parallelism: str | None) -> float:
    """Return the ring degree of a parallelism such as ulysses2ring4; 1 without one."""
    found = re.search(r"ring(\d+)", parallelism or "")
    return float(found[1]) if found else 1.0


@cache
def _denoisers() -> dict[str, Denoiser]:
    """Return the table of denoisers by model."""
    text = files("ecoanalysis.models").joinpath("tables/denoisers.csv").read_text()
    return {
        row["name"]: Denoiser(
            params_per_token=float(row["params_per_token"]),
            pixels_per_token=float(row["pixels_per_token"]),
            frames_per_token=float(row["frames_per_token"]),
            text_tokens=float(row["text_tokens"]),
            forwards_per_step=float(row["forwards_per_step"]),
            macs_per_pair=float(row["macs_per_pair"]) if row["macs_per_pair"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    }
