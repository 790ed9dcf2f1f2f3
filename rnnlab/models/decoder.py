"""The decoder: earlier targets and what was encoded to the next target."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from rnnlab.cells.base import Tree
from rnnlab.data.spec import Field
from rnnlab.errors import ConfigError
from rnnlab.models.attention import LuongAttention
from rnnlab.models.backbone import BackboneFactory
from rnnlab.recurrence.sequence import mask_padding

Attention = Literal["none", "dot", "general"]


class Source(NamedTuple):
    """What a decoder knows of the input; a tree of tensors, so that rows can be selected.

    Attributes:
        context: ``(B, C)``, read at every step.
        memory: ``(B, T, M)``, the encoder's output where there is attention, else None.
        lengths: ``(B,)`` valid steps of ``memory``; None for T.
        level: ``(B, D)``, what real targets are told relative to; None for zero.
    """

    context: Tensor
    memory: Tensor | None = None
    lengths: Tensor | None = None
    level: Tensor | None = None


class Decoder(nn.Module):
    """Reads the earlier target beside the context at every step; its head gives the next target.

    The first step reads ``<bos>``, or a start token of its own where the vocabulary has none;
    zeros, or the level of the source, for real targets. ``window_mlp`` cannot decode.

    Args:
        target: What it makes: tokens or reals.
        backbone: Makes the backbone; asked for a causal one.
        context_size: C.
        memory_size: M, of the encoder's steps; needed where there is attention.
        attention: ``none``, or the score of :class:`LuongAttention`.
        embedding_size: Features of an earlier token.
        dropout: Probability of dropping each feature before the head.

    Raises:
        ConfigError: The backbone cannot decode, or the attention does not fit.
    """

    def __init__(
        self,
        target: Field,
        backbone: BackboneFactory,
        *,
        context_size: int,
        memory_size: int | None = None,
        attention: Attention = "none",
        embedding_size: int = 64,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.target = target
        vocabulary = target.vocabulary
        given = None if vocabulary is None else vocabulary.begin
        self.begin_token = target.size if given is None else given
        tokens = target.size + 1 if given is None else target.size
        self.embed: nn.Module = nn.Identity()
        features = target.size
        if target.categorical:
            self.embed = nn.Embedding(tokens, embedding_size)
            features = embedding_size
        self.backbone = backbone(features + context_size, causal=True)
        if not self.backbone.can_decode:
            raise ConfigError(
                "cannot be a decoder: its state cannot hold what was encoded; that of "
                "backbone=recurrent can",
                key="backbone",
                value=type(self.backbone).__name__,
            )
        if not self.backbone.causal:
            raise ConfigError(
                "a decoder must read in one direction", key="backbone.bidirectional", value="true"
            )
        size = self.backbone.output_size
        self.attention: LuongAttention | None = None
        if attention != "none":
            if memory_size is None:
                raise ConfigError("there are no steps to attend to", key="attention")
            self.attention = LuongAttention(size, memory_size, attention)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(size, target.size)

    def begin(self, source: Source) -> Tensor:
        """Return what the first step reads: tokens ``(B,)`` or reals ``(B, D)``."""
        B = source.context.shape[0]
        if self.target.categorical:
            return torch.full((B,), self.begin_token, device=source.context.device)
        if source.level is not None:
            return source.level
        return source.context.new_zeros(B, self.target.size)

    def init_state(self, batch_size: int) -> Tree:
        """Return the state of the backbone before the first step."""
        return self.backbone.init_state(batch_size)

    def forward(
        self, target: Tensor, source: Source, state: Tree = None, lengths: Tensor | None = None
    ) -> Tensor:
        """Return the values ``(B, L, K)`` of all steps, each given the true earlier targets.

        Args:
            target: Tokens ``(B, L)`` or reals ``(B, L, D)``; step t reads target t - 1.
            source: What was encoded.
            state: The state before the first step; None for the initial one.
            lengths: ``(B,)`` valid steps of ``target``, or None for L.
        """
        earlier = mask_padding(target, lengths)[:, :-1]
        earlier = torch.cat([self.begin(source).unsqueeze(1).to(target.dtype), earlier], dim=1)
        context = source.context.unsqueeze(1).expand(-1, target.shape[1], -1)
        features = torch.cat([self._read(earlier, source), context], dim=-1)
        output, _ = self.backbone(features, state, lengths)
        return self._values(output, source)

    def step(self, earlier: Tensor, source: Source, state: Tree) -> tuple[Tensor, Tree]:
        """Return the values ``(B, K)`` of one step and the next state.

        Args:
            earlier: The target before, ``(B,)`` or ``(B, D)``.
            source: What was encoded.
            state: The state before the step.
        """
        read = self._read(earlier.unsqueeze(1), source).squeeze(1)
        output, state = self.backbone.step(torch.cat([read, source.context], dim=-1), state)
        return self._values(output.unsqueeze(1), source).squeeze(1), state

    def _read(self, earlier: Tensor, source: Source) -> Tensor:
        """Return features ``(B, L, E)`` of earlier targets ``(B, L, ...)``."""
        if source.level is not None:
            earlier = earlier - source.level.unsqueeze(1)
        features: Tensor = self.embed(earlier)
        return features

    def _values(self, output: Tensor, source: Source) -> Tensor:
        if self.attention is not None:
            assert source.memory is not None
            output = self.attention(output, source.memory, source.lengths)
        values: Tensor = self.head(self.dropout(output))
        return values if source.level is None else values + source.level.unsqueeze(1)
