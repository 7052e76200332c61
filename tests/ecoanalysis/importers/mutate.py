"""Mutated files, for fuzzing: bytes flipped, cut, doubled, shuffled, cells replaced by rubbish."""

import random

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
