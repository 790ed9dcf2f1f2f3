import pytest

from rnnlab.expected import NUMBER, mismatch

RESULT = {"scores": {"test": {...: NUMBER}, ...: {...: NUMBER}}, "note": str | None, ...: object}


@pytest.mark.parametrize("note", ["fine", None])
def test_what_is_expected_passes(note):
    scores = {"test": {"loss": 1, "accuracy": float("nan")}, "val": {}}
    assert mismatch({"scores": scores, "note": note, "more": [1]}, RESULT) is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ([], "its content is list and not a mapping"),
        (None, "its content is null and not a mapping"),
        ({"note": None}, "scores is missing"),
        ({"scores": {}, "note": None}, "scores.test is missing"),
        ({"scores": {"test": {"loss": "1"}}, "note": None}, "scores.test.loss is str and not int"),
        ({"scores": {"test": {"loss": True}}, "note": None}, "scores.test.loss is bool"),
        ({"scores": {"test": {}, "val": 3}, "note": None}, "scores.val is int and not a mapping"),
        ({"scores": {"test": {}}, "note": 5}, "note is int and not str | None"),
    ],
)
def test_the_first_mistake_is_named(content, why):
    assert mismatch(content, RESULT).startswith(why)


def test_no_number_is_a_flag_and_no_flag_a_number():
    assert mismatch(True, bool) is None
    assert mismatch(1, bool) == "its content is int and not bool"
    assert mismatch(True, int) == "its content is bool and not int"
