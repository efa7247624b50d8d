"""Writes so many inputs for a fuzz target into a folder, made of the kept ones: cut, joined and changed at random, from a
fixed seed. So a change is judged by the same inputs as the one before it, whatever it does to the coverage.

    ci/fuzz_inputs.py fuzz/corpus/<target> <count> <folder>
"""

import random
import sys
from pathlib import Path

LONGEST = 512


def inputs(kept: list[bytes], count: int) -> list[bytes]:
    draw = random.Random(1)
    made = []
    for _ in range(count):
        head, tail = draw.choice(kept), draw.choice(kept)
        bytes_ = bytearray(head[: draw.randint(0, len(head))] + tail[draw.randint(0, len(tail)) :])
        for _ in range(draw.choice((0, 1, 2, 4, 8, 32))):
            place = draw.randint(0, len(bytes_))
            bytes_[place : place + draw.randint(0, 4)] = draw.randbytes(draw.randint(0, 4))
        if draw.random() < 0.1:
            bytes_ = bytearray(draw.randbytes(draw.randint(1, LONGEST)))
        made.append(bytes(bytes_[:LONGEST]))
    return made


def main() -> None:
    corpus, count, folder = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    kept = [path.read_bytes() for path in sorted(corpus.iterdir())]
    for number, input_ in enumerate(kept + inputs(kept, count)):
        (folder / f"{number:05}").write_bytes(input_)


if __name__ == "__main__":
    main()
