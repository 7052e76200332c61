"""How long a suite will take, before it runs."""

from collections.abc import Sequence

from collectors.workloads.case import Case
from collectors.workloads.catalogue import catalogue
from collectors.workloads.conductor import programs
from collectors.workloads.machine_limits import turns_bytes
from collectors.workloads.protocol import Protocol
from collectors.workloads.turns import Limits, groups, rest_s, sections

# Measured on two cores of a server processor: seconds to import a framework and to prepare its first model.
_START_S = {
    "sklearn": 3.0,
    "xgboost": 3.0,
    "pytorch": 5.0,
    "transformers": 7.0,
    "onnxruntime": 7.0,
    "openvino": 8.0,
}
_LOAD_S_PER_PARAM = 1.5e-8  # building seeded float32 weights and converting them


def run_s(case: Case, protocol: Protocol) -> float:
    """Return the expected length of one repeat [s]; text generation has two windows, prefill and decode."""
    stages = 2 if case.task == "text-generation" else 1
    load_s = catalogue()[case.model].params_approx * _LOAD_S_PER_PARAM
    return protocol.run_s + load_s + (stages - 1) * (1.1 * protocol.infer_s + protocol.warmup_s)


def duration_s(cases: Sequence[Case], protocol: Protocol) -> float:
    """Return the expected length of a suite [s], at the smallest number of repeats."""
    limits = Limits(protocol.arms_max, turns_bytes())
    apart = programs(cases)
    starts_s = protocol.first_idle_s + sum(_START_S[program[0].framework] for program in apart)
    rests_s = [
        rest_s(len(group), protocol)
        for section in sections(apart, limits)
        for group in groups(section, limits)
        if group[0].device == "cpu"
    ]
    runs_s = [run_s(case, protocol) for case in cases]
    return starts_s + protocol.repeats_min * (sum(runs_s) + sum(rests_s))
