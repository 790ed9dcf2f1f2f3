"""``python -m rnnlab.bench.step.contender``: one contender, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from rnnlab.bench.size import Size
from rnnlab.bench.step.contenders import CONTENDERS
from rnnlab.bench.step.slices import Slices


def main(arguments: list[str]) -> None:
    """Train until the slices are measured.

    Args:
        arguments: Name, size, seconds of a slice, how many slices, and a folder for all that is
            written; the milliseconds go to ``times.json`` in it.
    """
    name, size, seconds, count, folder = arguments
    slices = Slices(float(seconds), int(count), Path(folder, "times.json"))
    CONTENDERS[name].train(Size.parse(size), slices.mark, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
