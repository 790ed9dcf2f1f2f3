"""A set of labels at every step: of polyphonic music, the keys that sound next."""

from __future__ import annotations

from math import log
from typing import Annotated, Any

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.ranges import Range
from rnnlab.tasks.answers import class_name
from rnnlab.tasks.base import Loss, Task
from rnnlab.tasks.scores import Scores
from rnnlab.tasks.steps import target_lengths, target_of
from rnnlab_polyphony.bernoulli import bernoulli_loss, logits_of
from rnnlab_polyphony.scores import MultilabelScores


class Multilabel(Task):
    """A sequence to a set of labels at every step, each label present or not by itself.

    ``rnnlab train task=multilabel dataset=piano_rolls dataset.path=JSB_Chorales.mat``

    The loss is the negative log-likelihood of independent Bernoulli variables, summed over the
    labels and averaged over the valid steps, in nats: what Chung et al. 2014 (arXiv:1412.3555)
    and Bai et al. 2018 (arXiv:1803.01271) give for polyphonic music. Where the target is the input
    one step later, the model must read forwards only. Any data fits whose targets are aligned,
    not scaled, and 0 or 1 everywhere.

    Args:
        dropout: Probability of dropping each feature before the head.
        initial_probability: What each label is given before training, roughly: the head's biases
            start there, as in Lin et al. 2017 (arXiv:1708.02002). Where labels are rare, the first
            steps would otherwise go into making them so, and saturate the recurrent units.
        threshold: Probability above which a label is answered, in predictions and frame accuracy.
    """

    def __init__(
        self,
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        initial_probability: Annotated[float, Range(above=0, below=1)] = 0.5,
        threshold: Annotated[float, Range(above=0, below=1)] = 0.5,
    ) -> None:
        self.dropout, self.threshold = dropout, threshold
        self.initial_probability = initial_probability

    def refusal(self, spec: DataSpec) -> str | None:
        """Refuse whatever cannot have a vector of zeros and ones for each input step."""
        if not (spec.input.sequence and spec.input.kind == "reals"):
            return f"the input is {spec.input.describe()}; multilabel reads a sequence of reals"
        if not (spec.aligned and spec.target.sequence):
            return "targets are not aligned with the input; multilabel needs one for each step"
        if spec.target.kind != "reals":
            return f"the target is {spec.target.describe()}; multilabel needs zeros and ones"
        if spec.target.scaler is not None:
            return "the target is scaled; multilabel needs zeros and ones"
        return None

    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return backbone and a head at every step, with one logit for each label.

        Raises:
            ConfigError: The target is the next input and the backbone looks ahead.
        """
        model = SequenceModel(spec, backbone, readout="every", dropout=self.dropout)
        if spec.next_step and not model.backbone.causal:
            raise ConfigError(
                "the target is the next input, which a backbone of both directions would read",
                key="backbone.bidirectional",
                value="true",
            )
        with torch.no_grad():
            model.head.bias.add_(log(self.initial_probability / (1 - self.initial_probability)))
        return model

    def loss(self, output: Output, batch: Batch) -> Loss:
        """Return the negative log-likelihood per step."""
        lengths = target_lengths(batch, aligned=True)
        return bernoulli_loss(logits_of(output), target_of(batch), lengths)

    def scores(self, spec: DataSpec) -> Scores:
        """Return the likelihood and the frame accuracy."""
        return MultilabelScores(self.threshold)

    def monitor(self, spec: DataSpec) -> tuple[str, str]:
        """Return the negative log-likelihood."""
        return "loss", "min"

    def predict(self, model: Model, batch: Batch) -> list[dict[str, Any]]:
        """Return for each valid step the labels answered, and the probability of each."""
        probabilities = logits_of(model(batch)).float().sigmoid()
        lengths = [probabilities.shape[1]] * len(batch)
        if batch.lengths is not None:
            lengths = batch.lengths.tolist()
        rows = []
        for steps, valid in zip(probabilities, lengths, strict=True):
            chosen = [(step > self.threshold).nonzero()[:, 0] for step in steps[:valid]]
            rows.append(
                {
                    "prediction": [
                        [class_name(model.spec.target, label) for label in labels.tolist()]
                        for labels in chosen
                    ],
                    "probability": [
                        step[labels].tolist()
                        for step, labels in zip(steps[:valid], chosen, strict=True)
                    ],
                }
            )
        return rows
