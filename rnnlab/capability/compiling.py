"""Whether the engine ``compiled`` runs a cell, tried in a process that may be ended.

Compilation may hang, take minutes, or bring the process down.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from contextlib import suppress
from typing import Any

from rnnlab.capability.outcome import Ability

_ANSWER = "compiled: "


class Compilation:
    """A trial that has begun.

    Args:
        name: The component, ``distribution:name`` or its name.
        arguments: Of its constructor, plain values.
        limit: Seconds until it is given up.
    """

    def __init__(self, name: str, arguments: dict[str, Any], limit: float) -> None:
        self._limit = limit
        # A group of its own, so that the compilers that it starts end with it.
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "rnnlab.capability.compiling",
                name,
                json.dumps(arguments),
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def result(self) -> Ability:
        """Wait for the end and return whether it compiles and gives the loop's numbers."""
        try:
            output, errors = self._process.communicate(timeout=self._limit)
        except subprocess.TimeoutExpired:
            return Ability("compiled", None, f"took longer than {self._limit:g} s")
        finally:
            self.end()
        for line in output.splitlines():
            if line.startswith(_ANSWER):
                refusal = json.loads(line.removeprefix(_ANSWER))
                return Ability("compiled", not refusal, refusal)
        last = (errors.strip().splitlines() or ["without a word"])[-1]
        return Ability("compiled", False, f"the process ended ({self._process.returncode}): {last}")

    def end(self) -> None:
        """End it, and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def refusal_of(name: str, arguments: dict[str, Any]) -> str:
    """Return why a cell does not compile, or nothing where it does: forwards and backwards."""
    import torch

    from rnnlab.capability.abilities import said
    from rnnlab.capability.arguments import converted
    from rnnlab.plugins import discovery
    from rnnlab.recurrence import Recurrent, tree

    try:
        cls = discovery.load("cell", name)
        cell = cls(input_size=3, **converted(cls, "cell", arguments)).eval()
        x = torch.randn(4, 3, 3)
        results = []
        for engine in ("loop", "compiled"):
            cell.zero_grad()
            output, state = Recurrent(cell, engine)(x)
            if output.requires_grad:
                output.square().sum().backward()
            gradients = [parameter.grad for parameter in cell.parameters()]
            results.append((output.detach(), tree.leaves(tree.detach(state)), gradients))
        torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)
    except Exception as error:  # of torch's many kinds, or the cell's
        return said(error)
    return ""


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = refusal_of(sys.argv[1], json.loads(sys.argv[2]))
    sys.stdout.write(f"\n{_ANSWER}{json.dumps(found)}\n")
