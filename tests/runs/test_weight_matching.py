from dataclasses import replace

import pytest
import torch

from rnnlab.cells.gru import GRU
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN, END, PAD, Vocabulary
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.runs.weight_matching import match

WORDS = Vocabulary((PAD, "a", "b", "c"))
LABELS = Vocabulary(("bad", "good"))
TEXT = Field("tokens", 4, sequence=True, vocabulary=WORDS)
LABEL = Field("tokens", 2, sequence=False, vocabulary=LABELS)
CLASSIFIED = DataSpec(TEXT, LABEL)
FORETOLD = DataSpec(TEXT, TEXT, aligned=True, next_step=True)


def backbone(size, **_):
    return RecurrentBackbone(size, lambda features: GRU(features, hidden_size=3))


def weights(spec, kind=SequenceModel, **options):
    return kind(spec, backbone, embedding_size=5, **options).state_dict()


def compare(there, here, kind=SequenceModel, *, same_data=False):
    return match(weights(there, kind), weights(here, kind), there, here, same_data=same_data)


def test_the_same_model_fits_whole():
    found = compare(CLASSIFIED, CLASSIFIED)
    here = weights(CLASSIFIED)
    assert found.loaded == {name: tuple(tensor.shape) for name, tensor in here.items()}
    assert not found.not_loaded


def test_a_language_model_gives_all_but_its_head_to_a_classifier():
    found = compare(FORETOLD, CLASSIFIED)
    assert found.not_loaded == {
        "head.weight": "(2, 3) there (4, 3)",
        "head.bias": "(2,) there (4,)",
    }
    assert "embed.features.weight" in found.loaded
    assert set(found.loaded) | set(found.not_loaded) == set(weights(CLASSIFIED))


def test_what_only_one_of_both_has_is_listed():
    tensor = torch.zeros(2)
    found = match({"old": tensor}, {"new": tensor}, CLASSIFIED, CLASSIFIED, same_data=False)
    assert not found.loaded
    assert found.not_loaded == {"new": "only here", "old": "only there"}


def test_a_head_of_other_features_is_not_taken_in_part():
    wide = {**weights(CLASSIFIED), "head.weight": torch.zeros(2, 9)}
    found = match(wide, weights(CLASSIFIED), CLASSIFIED, CLASSIFIED, same_data=True)
    assert found.not_loaded == {
        "head.weight": "(2, 3) there (2, 9)", "head.bias": "as the rest of the head",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        ((PAD, "a", "c", "b"), "other input vocabulary: 2 is 'c' there 'b'"),
        ((PAD, "a", "b", "d"), "other input vocabulary: 3 is 'd' there 'c'"),
    ],
)
def test_an_embedding_of_other_tokens_does_not_count_though_it_has_as_many(tokens, why):
    other = replace(CLASSIFIED, input=replace(TEXT, vocabulary=Vocabulary(tokens)))
    found = compare(CLASSIFIED, other)
    assert found.not_loaded == {"embed.features.weight": why}
    assert "head.weight" in found.loaded


def test_a_head_for_other_classes_does_not_count_though_they_are_as_many():
    stars = replace(LABEL, vocabulary=Vocabulary(("one", "two")))
    found = compare(CLASSIFIED, replace(CLASSIFIED, target=stars))
    why = "other target vocabulary: 0 is 'one' there 'bad'"
    assert found.not_loaded == {"head.weight": why, "head.bias": why}
    assert "embed.features.weight" in found.loaded


def test_a_head_for_reals_does_not_give_classes():
    reals = replace(CLASSIFIED, target=Field("reals", 2, sequence=False))
    found = compare(reals, CLASSIFIED)
    assert found.not_loaded["head.weight"] == "target tokens there reals"
    assert compare(reals, reals).not_loaded == {}


def test_ids_without_names_mean_the_same_in_the_same_data_only():
    unnamed = replace(CLASSIFIED, target=replace(LABEL, vocabulary=None))
    why = "target ids without names, of other data"
    assert compare(unnamed, unnamed).not_loaded == {"head.weight": why, "head.bias": why}
    assert not compare(unnamed, unnamed, same_data=True).not_loaded
    assert set(compare(unnamed, CLASSIFIED, same_data=True).not_loaded.values()) == {why}


def test_both_vocabularies_of_an_encoder_decoder_count():
    sounds = Field("tokens", 4, sequence=True, vocabulary=Vocabulary((PAD, BEGIN, END, "x")))
    spec = DataSpec(TEXT, sounds)
    other = replace(spec, target=replace(sounds, vocabulary=Vocabulary((PAD, BEGIN, END, "y"))))
    found = compare(spec, other, EncoderDecoder)
    why = "other target vocabulary: 3 is 'y' there 'x'"
    assert found.not_loaded == {
        "decoder.embed.weight": why, "decoder.head.weight": why, "decoder.head.bias": why,
    }  # fmt: skip
    assert "embed.features.weight" in found.loaded
    turned = replace(spec, input=replace(TEXT, vocabulary=Vocabulary((PAD, "c", "b", "a"))))
    assert set(compare(spec, turned, EncoderDecoder).not_loaded) == {"embed.features.weight"}
