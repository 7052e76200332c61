"""How long a prediction takes: cold from the shell, and per configuration in bulk."""

import resource
import subprocess
import sys
import time

from ecoanalysis.models.predict import default_book, predict
from ecoanalysis.models.question import ask
from ecoanalysis.settings import Settings

_ANSWERS = {"model": "Qwen/Qwen3-8B", "device": "NVIDIA H100 SXM5 80GB", "precision": "bf16"}
_BULK = 200


def run() -> list[str]:
    """Return CPU seconds of one cold `eco predict`, and milliseconds of CPU per configuration of many."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "ecoanalysis", "predict", "--batch-size", "64"]
    command += [part for name, value in _ANSWERS.items() for part in (f"--{name}", value)]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cold_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    book = default_book()
    asked = [ask(_ANSWERS | {"batch_size": str(1 + number)}, book)[0] for number in range(_BULK)]
    start = time.process_time()
    predict(asked, Settings(), book=book)
    each_ms = (time.process_time() - start) / _BULK * 1e3
    return [
        f"predict: {cold_s:.2f} s CPU from cold",
        f"predict: {each_ms:.2f} ms CPU per configuration in bulk",
    ]
