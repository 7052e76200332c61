"""Puts the tables of README.md in line with the recordings beside it: python data/reference/describe.py."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from collectors.trace.reader import open_trace
from collectors.workloads.progress import repeatability
from collectors.workloads.repeats import Repeat
from collectors.workloads.resume import read_repeats

FOLDER = Path(__file__).parent
_BEGIN, _END = "<!-- describe.py -->\n", "<!-- end -->"
_RUNS = """
SELECT config_id, framework, modality, precision, status,
       EXISTS (SELECT 1 FROM note WHERE run_id = run.id AND code = 'precision_evidence')
FROM run JOIN config ON config.id = config_id
"""


def tables() -> str:
    """Return the tables of files, of repeatability and of kinds, in Markdown."""
    files, agreement = [], []
    kinds: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    repeats: Counter[int] = Counter()
    for path in sorted(FOLDER.glob("*.duckdb")):
        con = open_trace(path)
        rows = con.execute(_RUNS).fetchall()
        by_case = read_repeats(con)
        con.close()
        files.append(_file(path.name, rows))
        agreement.append(_agreement(path.name, list(by_case.values())))
        for config, framework, modality, precision, status, proved in rows:
            repeats[config] += status == "ok"
            if status == "ok" and proved:
                kinds[framework, modality].add(precision)
    listed = [f"| {' | '.join(kind)} | {', '.join(sorted(found))} |" for kind, found in sorted(kinds.items())]
    ran = [count for count in repeats.values() if count]
    return "\n".join([
        f"{len(ran)} configurations ran, {sum(count >= 3 for count in ran)} of them three times or more.",
        "",
        "| file | runs that ended well | failed | skipped kinds | configurations by framework |",
        "|---|---|---|---|---|",
        *files,
        "",
        "How well the time per item repeats, by file:",
        "",
        *agreement,
        "",
        f"{sum(map(len, kinds.values()))} kinds ran, each with the proof of its precision:",
        "",
        "| framework | modality | precisions |",
        "|---|---|---|",
        *listed,
        "",
    ])  # fmt: skip


def _file(name: str, rows: list[tuple[Any, ...]]) -> str:
    status = Counter(row[4] for row in rows)
    configs = {(row[1], row[0]) for row in rows if row[4] == "ok"}
    frameworks = Counter(framework for framework, _ in configs)
    listed = ", ".join(f"{framework} {count}" for framework, count in sorted(frameworks.items()))
    return f"| `{name}` | {status['ok']} | {status['failed']} | {status['skipped']} | {listed} |"


def _agreement(name: str, configurations: list[list[Repeat]]) -> str:
    lines = repeatability(configurations, 3)
    return f"- `{name}`: {'; '.join(lines[:2]) or 'no configuration ran twice'}."


def main() -> None:
    """Write the tables between the two marks of README.md."""
    readme = FOLDER / "README.md"
    before, _, rest = readme.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    readme.write_text(f"{before}{_BEGIN}{tables()}{_END}{after}")


if __name__ == "__main__":
    main()
