import pytest

from rnnlab.data.hub_rows import HubRows, HubTexts, unreadable
from rnnlab.errors import DataError


def test_missing_texts_are_named_or_dropped() -> None:
    cells = [{"a": "x", "b": "y"}, {"a": "x", "b": None}, {"a": " ", "b": "y"}, {"a": 1, "b": 0}]
    rows = HubRows("f", {"train": cells}, ("a", "b"), {}, None)
    with pytest.raises(DataError, match=r"row 2 of train has no 'b'; dataset\.missing=drop"):
        list(HubTexts(rows, "train", ("a", "b"), "error"))
    assert list(HubTexts(rows, "train", ("a", "b"), "drop")) == [("x", "y"), ("1", "0")]


def test_classes_have_names() -> None:
    rows = HubRows("f", {}, ("label",), {"label": ["bad", "good"]}, None)
    assert rows.text({"label": 1}, "label") == "good"
    assert rows.text({"label": -1}, "label") is None


def test_columns_are_checked() -> None:
    rows = HubRows("f", {}, ("text", "label"), {}, None)
    rows.require("text", "dataset.text")
    with pytest.raises(
        DataError, match=r"^dataset\.text=txt: no such column in f; did you mean text"
    ):
        rows.require("txt", "dataset.text")


def test_what_the_package_says_is_one_line() -> None:
    error = unreadable("x/y", "dataset.name", ValueError("first\nsecond"))
    assert str(error) == (
        "dataset.name=x/y: the package datasets cannot read it (ValueError: first)"
    )
