"""Run the benchmarks named, or all of them in sorted order."""

import sys
from importlib import import_module
from pathlib import Path

names = sys.argv[1:] or sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if path.stem[0] != "_"
)
for name in names:
    module = import_module(f"tests.bench.{name}")
    if hasattr(module, "run"):
        print(f"== {name}", flush=True)
        for line in module.run():
            print(line, flush=True)
