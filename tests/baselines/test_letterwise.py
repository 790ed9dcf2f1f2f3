import pytest
import torch

from rnnlab.baselines.letterwise import MAX_SOUNDS, Letterwise
from rnnlab.data.batch import Batch
from rnnlab.data.padding import pad
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import BEGIN, END, PAD, Vocabulary
from rnnlab.errors import ConfigError

LETTERS = Vocabulary((PAD, *"aehx"))
SOUNDS = Vocabulary((PAD, BEGIN, END, "AH", "K", "S"))
CODE = {"a": ["AH"], "e": ["AH"], "h": [], "x": ["K", "S"]}


def field(vocabulary: Vocabulary | None, size: int) -> Field:
    return Field("tokens", size, sequence=True, vocabulary=vocabulary)


def spoken(word: str) -> list[str]:
    return [sound for letter in word for sound in CODE[letter]]


def words(end: list[str]) -> TensorSplit:
    generator = torch.Generator().manual_seed(0)
    spelled = [
        "".join("aehx"[index] for index in torch.randint(0, 4, (length,), generator=generator))
        for length in [1, 2, 3, 4, 5] * 40
    ]
    letters, lengths = pad([LETTERS.encode(word) for word in spelled])
    sounds, sound_lengths = pad([SOUNDS.encode([*spoken(word), *end]) for word in spelled])
    return TensorSplit(letters, sounds, lengths, sound_lengths)


@pytest.mark.parametrize("named", [True, False])
def test_each_letter_is_answered_by_its_sounds(given, named: bool) -> None:
    vocabulary, end = (SOUNDS, [END]) if named else (None, [])
    baseline = Letterwise()
    baseline.fit(given(DataSpec(field(LETTERS, len(LETTERS)), field(vocabulary, 6)), words(end)))
    letters, lengths = pad([LETTERS.encode(word) for word in ("hex", "a", "xxa")])

    output = baseline.output(Batch(letters, None, lengths))

    assert output.values is None
    assert output.sequence is not None
    assert output.sequence_lengths is not None
    answers = [
        [SOUNDS.tokens[index] for index in row[:length].tolist()]
        for row, length in zip(output.sequence, output.sequence_lengths.tolist(), strict=True)
    ]
    assert answers == [[*spoken(word), *end] for word in ("hex", "a", "xxa")]


def test_other_data_is_refused(given) -> None:
    tokens = field(None, 5)
    split = words([])

    with pytest.raises(ConfigError, match="needs sequences of tokens, not one of 3 tokens"):
        Letterwise().fit(given(DataSpec(tokens, Field("tokens", 3, sequence=False)), split))
    with pytest.raises(ConfigError, match=f"at most {MAX_SOUNDS} different"):
        Letterwise().fit(given(DataSpec(tokens, field(None, MAX_SOUNDS + 1)), split))
