"""What the mappings without a decoder have in common."""

from __future__ import annotations

from typing import Any

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.tasks.answers import class_name, real_value
from rnnlab.tasks.base import Loss, Task
from rnnlab.tasks.categorical_scores import CategoricalScores
from rnnlab.tasks.losses import target_loss
from rnnlab.tasks.real_scores import RealScores
from rnnlab.tasks.scores import Scores
from rnnlab.tasks.steps import target_lengths, target_of


class DirectTask(Task):
    """A mapping whose answers are the model's values themselves, for each input or each step."""

    def loss(self, output: Output, batch: Batch) -> Loss:
        """Return cross-entropy or squared error; see :func:`rnnlab.tasks.losses.target_loss`."""
        if output.values is None:
            raise ValueError("the loss needs values")
        return target_loss(output.values, target_of(batch), target_lengths(batch, aligned=True))

    def scores(self, spec: DataSpec) -> Scores:
        """Return scores of classes or of reals."""
        return CategoricalScores(spec) if spec.target.categorical else RealScores(spec)

    def monitor(self, spec: DataSpec) -> tuple[str, str]:
        """Return accuracy for classes, the loss for reals and models of the next step."""
        if spec.target.categorical and not spec.next_step:
            return "accuracy", "max"
        return "loss", "min"

    def predict(self, model: Model, batch: Batch) -> list[dict[str, Any]]:
        """Return for each example its class and the probability given to it, or its value.

        Mappings with an answer at every step give lists of them, one item for each valid step.
        """
        values = model(batch).values
        field, stepwise = model.spec.target, model.spec.target.sequence
        lengths = [values.shape[1]] * len(batch) if stepwise else []
        if stepwise and batch.lengths is not None:
            lengths = batch.lengths.tolist()
        if not field.categorical:
            answers = real_value(field, values)
            if stepwise:
                answers = [steps[:n] for steps, n in zip(answers, lengths, strict=True)]
            return [{"prediction": answer} for answer in answers]
        best = values.float().softmax(-1).max(-1)
        chosen, probabilities = best.indices.tolist(), best.values.tolist()
        if not stepwise:
            return [
                {"prediction": class_name(field, index), "probability": probability}
                for index, probability in zip(chosen, probabilities, strict=True)
            ]
        return [
            {
                "prediction": [class_name(field, index) for index in steps[:n]],
                "probability": given[:n],
            }
            for steps, given, n in zip(chosen, probabilities, lengths, strict=True)
        ]
