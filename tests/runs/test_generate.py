from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.runs.generate import generate
from rnnlab.runs.train import train

OPTIONS = {"output_dir": Path("outputs"), "seed": 0}


@pytest.fixture
def language_model(small, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("abcdefgh" * 300)
    return train(
        [*small, "name=lm", "dataset=text_file", f"dataset.path={text}", "optimizer.lr=0.03",
         "task=synced_many_to_many", "trainer.stream_steps=20", "trainer.batch_size=4",
         "trainer.limit_train_batches=1.0", "trainer.max_epochs=8", "cell.hidden_size=16"],
    )  # fmt: skip


def test_the_model_goes_on_as_the_text_does(language_model):
    text = generate("lm", "abcd", steps=10, temperature=0.0, **OPTIONS)
    assert text == "abcdefghabcdef"


def test_the_seed_decides(language_model):
    def sample(seed):
        return generate("lm", "a", steps=30, temperature=3.0, seed=seed, output_dir=Path("outputs"))

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_an_empty_prompt_is_refused(language_model):
    with pytest.raises(ConfigError, match="at least one token"):
        generate("lm", "", steps=3, temperature=1.0, **OPTIONS)


def test_only_next_step_models_generate(small):
    train([*small, "name=digits", "trainer.max_epochs=1"])
    with pytest.raises(ConfigError, match="RUN=digits: the run is not a model of the next token"):
        generate("digits", "a", steps=3, temperature=1.0, **OPTIONS)
