"""Foreign names of models, devices and precisions to ours, by the tables of `ecoanalysis.identity`."""

import json
from dataclasses import replace

from collectors.trace.records import Config, Device
from ecoanalysis.identity.devices import find_device
from ecoanalysis.identity.models import doubt_of, find_model
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.identity.suffix import precision_in

# LLM.int8 with and without its fp16 outlier path: both are int8, and they cost very different energies.
_KEPT_APART = {"int8 (std)": "int8-std", "int8 (pure)": "int8-pure"}
_LIBRARIES = ("ollama", "llama.cpp")  # run models of Ollama's library, by its names
_GPU_KINDS = ("gpu", "consumer_gpu", "datacenter_gpu", "accelerator")


def precision_name(said: object, model: str | None = None) -> str:
    """Return our name of a precision; what is not in the table stays as written, nothing is `unknown`.

    Where nothing is said, the name of the model may say it: "Qwen3-8B-AWQ" is int4.
    """
    text = str(said or "").strip()
    if not text:
        named = precision_in(model)
        return named.name if named else "unknown"
    if text.lower() in _KEPT_APART:
        return _KEPT_APART[text.lower()]
    found = find_precision(text)
    return found.name if found else text


def known_device(device: Device) -> Device:
    """Return the device under its known name with its known facts; an unknown one unchanged.

    The name as written stays in `extra`. A wall meter keeps its kind: the name says what it feeds.
    """
    spec = find_device(device.name)
    if spec is None:
        return device
    said = json.loads(device.extra) if device.extra else {}
    if spec.name != device.name:
        said["name_as_written"] = device.name
    gpu = device.kind in _GPU_KINDS and spec.kind in _GPU_KINDS
    return replace(
        device,
        name=spec.name,
        kind=spec.kind if gpu else device.kind,
        tdp_w=device.tdp_w or spec.tdp_w,
        architecture=device.architecture or spec.architecture,
        extra=json.dumps(said, sort_keys=True) if said else None,
        memory_bytes=device.memory_bytes or (round(spec.memory_bytes) if spec.memory_bytes else None),
        cores_count=device.cores_count or spec.cores_count,
    )


def known_model(config: Config) -> Config:
    """Return the configuration with the family and sizes that are known of its model.

    What the source states stays. The model keeps its name as written: twins of one architecture stay apart. Of a
    name that Ollama gives to another model than its maker does, nothing is known.
    """
    facts = find_model(config.model)
    if facts is None or (config.framework.lower() in _LIBRARIES and doubt_of(config.model)):
        return config
    sizes = config.params_count is None and facts.params_count is not None
    dense = facts.active_params_count == facts.params_count  # then what the source rounds is all active
    active = config.params_count if dense and config.params_count else facts.active_params_count
    return replace(
        config,
        family=config.family or facts.family,
        modality=config.modality or facts.modality,
        params_count=config.params_count or facts.params_count,
        active_params_count=config.active_params_count or active,
        facts_source=config.facts_source or (facts.source if sizes else None),
    )
