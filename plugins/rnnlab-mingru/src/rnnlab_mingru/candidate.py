"""The candidate of minGRU and minLSTM, as it is or made positive."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Candidate = Literal["linear", "positive"]


def candidate(total: Tensor, kind: Candidate) -> Tensor:
    """Return the candidate of a linear map's result, of the same shape.

    ``linear`` returns it as it is (the equations in the text of the paper). ``positive`` is the
    function g of its appendix B, x + 1/2 where x is not negative and the logistic function
    elsewhere: continuous, and positive everywhere, which a scan of logarithms would need.
    """
    if kind == "linear":
        return total
    return torch.where(total >= 0, total + 0.5, total.sigmoid())
