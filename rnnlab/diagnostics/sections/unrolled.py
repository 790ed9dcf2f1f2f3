"""The network itself, folded and unfolded."""

from __future__ import annotations

from rnnlab.diagnostics.plots.unrolled import Network, draw_unrolled
from rnnlab.diagnostics.section import Section, picture

_MEANING = (
    "A recurrent network is one step that is applied again and again. Unrolled it is a deep "
    "network with one copy of the step for each step of time, all with the same weights: the "
    "gradient has to pass all copies between a loss and an input."
)


def unrolled_section(network: Network) -> Section:
    """Return the loop and its copies in time."""
    words = [_MEANING]
    if network.truncate is not None and network.truncate < network.steps:
        words.append(
            f"Training is truncated after {network.truncate} steps: the state goes on, the "
            "gradient stops, and nothing that lies further back is learned from."
        )
    return Section(
        name="unrolled",
        heading="The network in time",
        words=tuple(words),
        pictures=picture("unrolled", "The loop, and its copies in time", draw_unrolled, network),
    )
