"""``rnnlab generate``: a trained next-step model goes on from a prompt."""

from __future__ import annotations

from pathlib import Path

import torch

from rnnlab.data.tokenizer import join, tokenize
from rnnlab.errors import ConfigError
from rnnlab.models.generate import generate as run_free
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.runs.changed_plugins import warn_of_changed_plugins
from rnnlab.runs.finding import find
from rnnlab.runs.restore import restore


def generate(
    run: str, prompt: str, *, steps: int, temperature: float, seed: int, output_dir: Path
) -> str:
    """Return the prompt and ``steps`` more tokens.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        prompt: A text with which to start; at least one token.
        steps: Tokens to add.
        temperature: 0 takes the likeliest token each time; 1 samples from the model.
        seed: Decides the sampling.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: The run is no next-step model, or the prompt is empty.
    """
    folder = find(run, output_dir)
    warn_of_changed_plugins(folder)
    _, model = restore(folder)
    field = model.spec.input
    if not (model.spec.next_step and isinstance(model, SequenceModel) and field.vocabulary):
        raise ConfigError(
            "the run is not a model of the next token; train one, for example: "
            "rnnlab train experiment=characters",
            key="RUN",
            value=folder.path.name,
        )
    tokenizer = field.tokenizer or "spaces"
    tokens = tokenize(prompt, tokenizer)
    if not tokens:
        raise ConfigError("must have at least one token", key="--prompt", value=repr(prompt))
    try:
        ids = field.vocabulary.encode(tokens)
    except KeyError as error:
        raise ConfigError(
            f"the model has never seen {error.args[0]!r}", key="--prompt", value=repr(prompt)
        ) from error
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        made = run_free(
            model, torch.tensor([ids]), steps, temperature=temperature, generator=generator
        )
    return (
        prompt
        + ("" if tokenizer == "characters" else " ")
        + join(field.vocabulary.decode(made[0].tolist()), tokenizer)
    )
