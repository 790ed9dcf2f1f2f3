"""Ways to make a sequence out of a model of the next step."""

from rnnlab.models.decoding.beam import beam
from rnnlab.models.decoding.decoded import Decoded, Step
from rnnlab.models.decoding.feed_back import feed_back
from rnnlab.models.decoding.greedy import greedy
from rnnlab.models.decoding.sampling import draw, sample
from rnnlab.models.decoding.search import DecoderName, Search

__all__ = [
    "Decoded",
    "DecoderName",
    "Search",
    "Step",
    "beam",
    "draw",
    "feed_back",
    "greedy",
    "sample",
]
