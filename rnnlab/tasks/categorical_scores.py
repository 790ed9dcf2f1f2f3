"""Scores of classes: one for each input, or one for each step."""

from __future__ import annotations

import math

import torch
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.output import Output
from rnnlab.tasks.losses import target_loss
from rnnlab.tasks.mean_loss import MeanLoss
from rnnlab.tasks.scores import Scores
from rnnlab.tasks.steps import target_lengths, target_of, valid_rows


class CategoricalScores(Scores):
    """Cross-entropy, accuracy and macro F1 over all valid targets of all batches.

    Steps whose target is :data:`rnnlab.data.batch.UNCOUNTED` are left out.

    Macro F1 is the unweighted mean over the classes that occur, as a target or as an answer. A
    model of the next step gets perplexity, exp(loss), and bits per token, loss / ln 2, in place of
    F1; they are called ``bits_per_character`` where tokens are characters.

    Args:
        spec: The data.
    """

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.stepwise, self.next_step = spec.target.sequence, spec.next_step
        unit = "character" if spec.target.tokenizer == "characters" else "token"
        self.bits_name = f"bits_per_{unit}"
        classes = max(2, spec.target.size)
        self.loss = MeanLoss()
        self.accuracy = MulticlassAccuracy(classes, average="micro", validate_args=False)
        self.macro_f1 = MulticlassF1Score(classes, average="macro", validate_args=False)

    def update(self, output: Output, batch: Batch) -> None:
        """Count one batch; nothing when ``output.values`` is None or no target counts."""
        if output.values is None:
            return
        target = target_of(batch)
        lengths = target_lengths(batch, aligned=True)
        loss = target_loss(output.values, target, lengths)
        classes = valid_rows(target, lengths, self.stepwise)
        counted = classes != UNCOUNTED
        classes = classes[counted]
        if classes.numel() == 0:
            return
        self.loss.update(loss)
        answers = valid_rows(output.values.argmax(-1), lengths, self.stepwise)[counted]
        self.accuracy.update(answers, classes)
        if not self.next_step:
            self.macro_f1.update(answers, classes)

    def compute(self) -> dict[str, float]:
        """Return the scores; {} before the first update."""
        if not self.loss.update_called:
            return {}
        loss = float(self.loss.compute())
        scores = {"loss": loss, "accuracy": float(self.accuracy.compute())}
        if self.next_step:
            perplexity = float(torch.tensor(loss, dtype=torch.float64).exp())
            return {**scores, "perplexity": perplexity, self.bits_name: loss / math.log(2)}
        return {**scores, "macro_f1": float(self.macro_f1.compute())}

    def reset(self) -> None:
        """Forget all batches."""
        for metric in (self.loss, self.accuracy, self.macro_f1):
            metric.reset()
