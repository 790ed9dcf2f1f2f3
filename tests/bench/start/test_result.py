from rnnlab.bench.start.commands import COMMANDS
from rnnlab.bench.start.result import Result, table

RESULT = Result(
    {
        "imports alone": [3.0, 5.0, 4.0],
        "rnnlab list": [0.3, 0.4, 0.5],
        "rnnlab train": [4.0, 7.0, 4.5],
        "rnnlab train, new folder": [4.0, 6.0, 5.0],
    }
)


def test_what_is_beyond_the_imports_is_that_of_the_same_round():
    assert RESULT.beyond_imports()["rnnlab train"] == [1.0, 2.0, 0.5]
    found = RESULT.to_json()
    assert found["medians_beyond_imports"]["rnnlab train"] == 1.0
    assert found["medians"]["rnnlab list"] == 0.4
    assert found["seconds"]["imports alone"] == [3.0, 5.0, 4.0]


def test_the_table_has_a_row_for_each_command():
    shown = table(RESULT)
    assert list(shown.columns[0].cells) == list(COMMANDS)
    assert list(shown.columns[4].cells) == ["", "", "+1.00", "+1.00"]
    assert list(shown.columns[2].cells) == ["4.00", "0.40", "4.50", "5.00"]
