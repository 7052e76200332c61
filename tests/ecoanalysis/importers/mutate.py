"""Mutated files, for fuzzing: bytes flipped, cut, doubled, shuffled, cells replaced by rubbish."""

import random
from pathlib import Path

RUBBISH = (
    b"nan",
    b"-1e309",
    b"1e400",
    b"",
    b"[N/A]",
    b"9" * 40,
    b"\xff\xfe",
    b"\0",
    b"-2",
    b"'\"",
    b"{",
    b"[",
    b"\r",
    b"1/0",
    "Ω".encode(),
    b"2026-13-45",
    b"1e18",
)


def mutate(data: bytes, random_: random.Random) -> bytes:
    """Return the data with one to four defects."""
    for _ in range(random_.randint(1, 4)):
        if not data:
            return data
        data = random_.choice((flip, cut, double, drop, shuffle, rubbish, rubbish))(data, random_)
    return data


def flip(data: bytes, random_: random.Random) -> bytes:
    place = random_.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << random_.randrange(8))]) + data[place + 1 :]


def cut(data: bytes, random_: random.Random) -> bytes:
    return data[: random_.randrange(len(data) + 1)]


def double(data: bytes, random_: random.Random) -> bytes:
    begin, end = sorted(random_.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[begin:end] + data[end:]


def drop(data: bytes, random_: random.Random) -> bytes:
    begin, end = sorted(random_.randrange(len(data) + 1) for _ in range(2))
    return data[:begin] + data[end:] if end - begin < len(data) // 2 else data


def shuffle(data: bytes, random_: random.Random) -> bytes:
    lines = data.split(b"\n")
    random_.shuffle(lines)
    return b"\n".join(lines)


def rubbish(data: bytes, random_: random.Random) -> bytes:
    separator = random_.choice((b",", b";", b" ", b":", b"\n", b"\t"))
    cells = data.split(separator)
    cells[random_.randrange(len(cells))] = random_.choice(RUBBISH)
    return separator.join(cells)


def specimens(shared: Path) -> dict[str, bytes]:
    """Return small files of many formats to start from: the peers' own, and the heads of the published tables."""
    found = {
        path.name: path.read_bytes()
        for path in sorted((shared / "peer_formats").iterdir())
        if path.stat().st_size < 300_000
    }
    for path in sorted(shared.glob("*/*.csv")):
        found[path.name] = b"\n".join(path.read_bytes().split(b"\n")[:12]) + b"\n"
    found["gpu.csv"] = (
        b"timestamp, index, name, power.draw [W], utilization.gpu [%], memory.used [MiB]\n"
        + b"".join(
            b"2026/08/17 22:35:%02d.000, %d, NVIDIA L4, 44.94 W, 50 %%, 2163 MiB\n" % (second, gpu)
            for second in range(20)
            for gpu in (0, 1)
        )
    )
    found["spl.txt"] = b"".join(
        b"Time,03-17-2021 00:00:%02d.000,Watts,%d,Volts,230,Amps,1,PF,0.9,Mark,x\n" % (second, 100 + second)
        for second in range(30)
    )
    found["dmon.txt"] = (
        b"# gpu    pwr  gtemp     sm\n# Idx      W      C      %\n    0     43     35      7\n"
        b"    0     45     36      9\n"
    )
    found["power.txt"] = b"".join(
        b"*** Sampled system activity (Mon Nov 23 14:00:%02d 2026 +0000) (1000.%02dms elapsed) ***\n"
        b"CPU Power: 1500 mW\n" % (second, second)
        for second in (1, 2, 3)
    )
    found["power_whole.txt"] = b"".join(
        b"*** Sampled system activity (Mon Nov 23 14:00:%02d 2026 +0000) (10%02d.90ms elapsed) ***\n\n"
        b"**** Processor usage ****\n\nE-Cluster HW active frequency: 1248 MHz\n\nCPU Power: %d mW\nGPU Power: 30 mW\n"
        b"ANE Power: 7 mW\nCombined Power (CPU + GPU + ANE): %d mW\n\n"
        % (second, second, 1500 + second, 1537 + second)
        for second in range(1, 9)
    )
    found["turbo.txt"] = (
        b"Time_Of_Day_Seconds\tCPU\tBusy%\tPkgWatt\n1795443260.0\t-\t5.0\t40.0\n1795443265.0\t-\t5.0\t40.0\n"
    )
    found["turbo_whole.txt"] = (
        b"Time_Of_Day_Seconds\tCore\tCPU\tAvg_MHz\tBusy%\tBzy_MHz\tPkgWatt\tCorWatt\tRAMWatt\n"
        + b"".join(
            b"%d.25\t%s\t%s\t1000\t50.00\t2000\t%d.10\t30.00\t5.00\n"
            % (1795443260 + 5 * place, cpu, cpu, 40 + place)
            for place in range(8)
            for cpu in (b"-", b"0")
        )
    )
    found["dmon_times.txt"] = (
        b"#Date       Time        gpu    pwr  gtemp     sm\n#YYYYMMDD   HH:MM:SS    Idx      W      C      %\n"
        + b"".join(
            b" 20261123   14:00:%02d      %d     4%d     35      7\n" % (second, gpu, gpu)
            for second in range(10)
            for gpu in (0, 1)
        )
    )
    found["results.json"] = (
        b'{"steady_state_energy": 5.0, "steady_state_energy_per_token": 0.5, '
        b'"timeline": {"steady_state_start_time": 1795443005,'
        b'"steady_state_end_time": 1795443015, "power": {"device_instant": {"0": [[1795443004, '
        b"500.0], [1795443016, 500.0]]}}}}"
    )
    return found
