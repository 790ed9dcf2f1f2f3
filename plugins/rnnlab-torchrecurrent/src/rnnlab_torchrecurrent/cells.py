"""The cells, one class each; constructors and most of the documentation are generated.

What is written here is what the package does not say: the source of a cell, ranges of numbers, and
which weights are vectors, for which some initializers are undefined.
"""

from __future__ import annotations

from typing import Any

import torch
import torchrecurrent as package
from torch import Tensor, nn

from rnnlab.cells import AffineCell
from rnnlab.ranges import Range
from rnnlab_torchrecurrent.adapted import Adapted


class AntisymmetricRNN(
    Adapted,
    of=package.AntisymmetricRNNCell,
    epsilon=Range(above=0),
    gamma=Range(min=0),
):
    """Antisymmetric recurrent network (Chang et al. 2019, arXiv:1902.09689)."""


class GatedAntisymmetricRNN(
    Adapted,
    of=package.GatedAntisymmetricRNNCell,
    epsilon=Range(above=0),
    gamma=Range(min=0),
):
    """Gated antisymmetric recurrent network (Chang et al. 2019, arXiv:1902.09689).

    Args:
        recurrent_bias_init: Initializer for ``bias_hh``.
    """


class ATR(Adapted, of=package.ATRCell):
    """Addition-subtraction twin-gated recurrent network (Zhang et al. 2018, arXiv:1810.12546)."""


class BR(Adapted, of=package.BRCell, vectors=["recurrent_kernel_init"]):
    """Bistable cell (Vecoven et al. 2021, https://doi.org/10.1371/journal.pone.0252676)."""


class NBR(Adapted, of=package.NBRCell):
    """Neuromodulated BR (Vecoven et al. 2021, https://doi.org/10.1371/journal.pone.0252676)."""


class CFN(Adapted, of=package.CFNCell):
    """Chaos-free network (Laurent and von Brecht 2016, arXiv:1612.06212)."""


class CoRNN(
    Adapted,
    of=package.coRNNCell,
    dt=Range(above=0),
    gamma=Range(min=0),
    epsilon=Range(min=0),
):
    """Coupled oscillatory recurrent network (Rusch and Mishra 2020, arXiv:2010.00951)."""


class FastRNN(Adapted, of=package.FastRNNCell):
    """Network with a weighted residual connection (Kusupati et al. 2018, arXiv:1901.02358)."""


class FastGRNN(Adapted, of=package.FastGRNNCell):
    """FastRNN whose residual connection is a gate (Kusupati et al. 2018, arXiv:1901.02358)."""


class IndRNN(Adapted, of=package.IndRNNCell, vectors=["recurrent_kernel_init"]):
    """Independently recurrent network (Li et al. 2018, arXiv:1803.04831).

    Args:
        recurrent_bias_init: Initializer for ``bias_hh``.
    """


class JANET(Adapted, of=package.JANETCell):
    """LSTM with a forget gate alone (van der Westhuizen and Lasenby 2018, arXiv:1804.04849)."""


class LEM(Adapted, of=package.LEMCell, dt=Range(above=0, max=1)):
    """Long expressive memory (Rusch et al. 2021, arXiv:2110.04744)."""


class LiGRU(Adapted, of=package.LiGRUCell):
    """Light gated recurrent unit (Ravanelli et al. 2018, arXiv:1803.10225)."""


class LightRU(Adapted, of=package.LightRUCell):
    """Light recurrent unit (Ye et al. 2024, https://doi.org/10.3390/electronics13163204)."""


class MCLSTM(Adapted, of=package.MCLSTMCell):
    """Memory-controller LSTM, whose output does not recur (workshop at NIPS 2017).

    https://www.intel.com/content/dam/www/public/us/en/ai/documents/Sequence-Modeling-NIPS-2017.pdf
    """


class MGU(Adapted, of=package.MGUCell):
    """Minimal gated unit (Zhou et al. 2016, arXiv:1603.09420)."""


class MinimalRNN(Adapted, of=package.MinimalRNNCell):
    """Minimal recurrent network (Chen 2017, arXiv:1711.06788)."""


class MiRU1(Adapted, of=package.MiRU1Cell, update_coefficient=Range(min=0, max=1)):
    """Minion recurrent unit 1 (2026, https://doi.org/10.1016/j.neucom.2026.132847)."""


class MiRU2(
    Adapted,
    of=package.MiRU2Cell,
    update_coefficient=Range(min=0, max=1),
    reset_coefficient=Range(min=0, max=1),
):
    """Minion recurrent unit 2 (2026, https://doi.org/10.1016/j.neucom.2026.132847)."""


class MultiplicativeLSTM(Adapted, of=package.MultiplicativeLSTMCell):
    """Multiplicative LSTM (Krause et al. 2016, arXiv:1609.07959)."""


class MUT1(Adapted, of=package.MUT1Cell):
    """Mutated unit 1 (Jozefowicz et al. 2015, https://proceedings.mlr.press/v37/)."""


class MUT2(Adapted, of=package.MUT2Cell):
    """Mutated unit 2 (Jozefowicz et al. 2015, https://proceedings.mlr.press/v37/)."""


class MUT3(Adapted, of=package.MUT3Cell):
    """Mutated unit 3 (Jozefowicz et al. 2015, https://proceedings.mlr.press/v37/)."""


class NAS(Adapted, of=package.NASCell):
    """Cell found by neural architecture search (Zoph and Le 2016, arXiv:1611.01578)."""


class OriginalLSTM(Adapted, of=package.OriginalLSTMCell):
    """LSTM of 1997, no forget gate (Hochreiter et al., https://doi.org/10.1162/neco.1997.9.8.1735)."""


class PeepholeLSTM(Adapted, of=package.PeepholeLSTMCell, vectors=["peephole_kernel_init"]):
    """LSTM with peepholes (Gers et al. 2002, https://www.jmlr.org/papers/v3/gers02a.html)."""


class RAN(Adapted, of=package.RANCell):
    """Recurrent additive network (Lee et al. 2017, arXiv:1705.07393)."""


class ResLSTM(Adapted, of=package.ResLSTMCell, vectors=["peephole_kernel_init"]):
    """Residual LSTM (Kim et al. 2017, arXiv:1701.03360)."""


class SCRN(Adapted, of=package.SCRNCell, alpha=Range(min=0, max=1)):
    """Structurally constrained recurrent network (Mikolov et al. 2014, arXiv:1412.7753)."""


class SGU(Adapted, of=package.SGUCell):
    """Simple gated unit (Gao and Glowacka 2016, arXiv:1604.02910)."""


class DSGU(Adapted, of=package.DSGUCell):
    """Deep simple gated unit (Gao and Glowacka 2016, arXiv:1604.02910)."""


class SGRN(Adapted, of=package.SGRNCell):
    """Simple gated recurrent network (https://doi.org/10.1049/gtd2.12056)."""


class STAR(Adapted, of=package.STARCell):
    """Stackable recurrent cell (Turkoglu et al. 2019, arXiv:1911.11033)."""


class TGRU(Adapted, of=package.TGRUCell):
    """Strongly typed gated recurrent unit (Balduzzi and Ghifary 2016, arXiv:1602.02218)."""


class TLSTM(Adapted, of=package.TLSTMCell):
    """Strongly typed LSTM (Balduzzi and Ghifary 2016, arXiv:1602.02218)."""


class UGRNN(Adapted, of=package.UGRNNCell):
    """Update gate recurrent network (Collins et al. 2016, arXiv:1611.09913)."""


class UnICORNN(
    Adapted,
    of=package.UnICORNNCell,
    vectors=["recurrent_kernel_init", "control_kernel_init"],
    dt=Range(above=0),
    alpha=Range(min=0),
):
    """Undamped independent controlled oscillators (Rusch and Mishra 2021, arXiv:2103.05487)."""


class WMCLSTM(Adapted, of=package.WMCLSTMCell):
    """LSTM with working memory connections (Landi et al. 2021, arXiv:2109.00020)."""


class IntersectionRNN(Adapted, of=package.IntersectionRNNCell):
    """Intersection recurrent network, +RNN (Collins et al. 2016, arXiv:1611.09913).

    Its output is a gated mean of its input and a candidate, so both have as many features. The
    package refuses an input of another size; here a linear map brings it to that size.

    Args:
        input_size: The number of features of the input.
        hidden_size: The number of features of the output and of the state.
    """

    def __init__(self, input_size: int, hidden_size: int, **arguments: Any) -> None:
        super().__init__(hidden_size, hidden_size, **arguments)
        same = input_size == hidden_size
        self.input_size = input_size
        self.embed = nn.Identity() if same else nn.Linear(input_size, hidden_size)

    def project(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return all that the step computes from the input alone, leaves ``(..., *)``."""
        return super().project(self.embed(x))


class TRNN(AffineCell, Adapted, of=package.TRNNCell):
    """Strongly typed recurrent network (Balduzzi and Ghifary 2016, arXiv:1602.02218).

    The only cell of the package that is affine in its state, so that the ``scan`` engine runs it.
    """

    def coefficients(self, z: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Return slope and value at zero of the package's step as a function of the state."""
        zero = torch.zeros_like(z[0])
        b, slope = torch.func.vjp(lambda state: self._late(self.cell, *z, state), zero)  # type: ignore[misc]
        (a,) = slope(torch.ones_like(b))
        return a, b


class TauGRU(Adapted, of=package.tauGRUCell, extra={"delay": 1}, delay=Range(min=1)):
    """Gated recurrent unit with delayed feedback (Erichson et al. 2022, arXiv:2212.00228).

    State: h ``(B, H)``, and the states before it, the oldest first, ``(B, delay, H)``.

    Args:
        delay: Steps between the last state and the earlier one that is fed back too, as the
            package's layer counts them.
    """

    def __init__(self, input_size: int, hidden_size: int, delay: int, **arguments: Any) -> None:
        super().__init__(input_size, hidden_size, **arguments)
        self.delay = delay

    def init_state(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """Return zeros."""
        h = super().init_state(batch_size)
        return h, h.new_zeros(batch_size, self.delay, self.output_size)

    def step(self, z: tuple[Tensor, ...], state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the next h, and the states before it."""
        h, earlier = state
        following = self._late(self.cell, *z, h, earlier[:, 0])
        return following.to(h.dtype), torch.cat([earlier[:, 1:], h.unsqueeze(1)], 1)


REFUSED = {
    "RHNCell": "torchrecurrent 0.2.5 does not export it, and its module cannot be imported: it "
    "needs a base class that the package no longer has",
}
"""Cells of torchrecurrent that are no cell here, and why."""
