"""Ways to make a sequence out of a model of the next token."""

from rnnlab.models.decoding.beam import beam
from rnnlab.models.decoding.decoded import Decoded, Step
from rnnlab.models.decoding.greedy import greedy
from rnnlab.models.decoding.sampling import draw, sample

__all__ = ["Decoded", "Step", "beam", "draw", "greedy", "sample"]
