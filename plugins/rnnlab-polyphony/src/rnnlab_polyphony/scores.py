"""Scores of a set of labels at every step."""

from __future__ import annotations

from torchmetrics import Metric
from torchmetrics.classification import BinaryJaccardIndex

from rnnlab.data.batch import Batch
from rnnlab.models.output import Output
from rnnlab.tasks.base import Loss
from rnnlab.tasks.mean_loss import MeanLoss
from rnnlab.tasks.scores import Scores, updated
from rnnlab.tasks.steps import target_lengths, target_of, valid_rows
from rnnlab_polyphony.bernoulli import logits_of, step_losses


class MultilabelScores(Scores):
    """Negative log-likelihood in nats, averaged in both ways, and frame accuracy.

    ``loss`` is the sum over all steps of all sequences, divided by their number; long sequences
    weigh more. ``loss_per_sequence`` is the mean over sequences of each one's own mean per step.
    ``frame_accuracy`` is TP / (TP + FP + FN) over all labels of all steps (Bay, Ehmann and Downie
    2009), a label being answered where its probability exceeds the threshold.

    Args:
        threshold: The probability.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold
        self.loss, self.loss_per_sequence = MeanLoss(), MeanLoss()
        self.frame_accuracy = BinaryJaccardIndex(validate_args=False)

    def update(self, output: Output, batch: Batch) -> None:
        """Count one batch; nothing when ``output.values`` is None or no step is valid."""
        if output.values is None:
            return
        target, lengths = target_of(batch), target_lengths(batch, aligned=True)
        logits = logits_of(output)
        losses = step_losses(logits, target, lengths)  # (B, T)
        steps = losses.new_full((len(batch),), target.shape[1]) if lengths is None else lengths
        if not steps.any():
            return
        self.loss.update(Loss(losses.sum(), steps.sum().long()))
        means = losses.sum(1) / steps.clamp(min=1)
        self.loss_per_sequence.update(Loss(means.sum(), (steps > 0).sum()))
        answers = valid_rows(logits.sigmoid() > self.threshold, lengths, stepwise=True)
        labels = valid_rows(target, lengths, stepwise=True)
        self.frame_accuracy.update(answers.flatten().int(), labels.flatten().int())

    def compute(self) -> dict[str, float]:
        """Return the scores; {} before the first update."""
        return updated(self._metrics())

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self._metrics().values():
            metric.reset()

    def _metrics(self) -> dict[str, Metric]:
        return {
            "loss": self.loss,
            "loss_per_sequence": self.loss_per_sequence,
            "frame_accuracy": self.frame_accuracy,
        }
