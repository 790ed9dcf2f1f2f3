import json

import pytest

from rnnlab.bench.size import Size
from rnnlab.bench.step.contenders import CONTENDERS
from rnnlab.bench.step.result import RATIOS, Result, tables
from rnnlab.bench.step.turns import Times

RESULT = Result(
    Size(32, 20, 8),
    {
        "by hand": Times([2.0, 4.0, 1.0], [1.0, 1.0, 1.0]),
        "rnnlab": Times([3.0, 4.0, 3.0], [1.5, 1.0, 1.0]),
    },
    {"Keras on JAX": ["keras"]},
)


def test_ratios_are_those_within_a_round():
    ((name, ratios),) = RESULT.compared().items()
    assert name == "rnnlab over a loop by hand"
    assert ratios == Times([1.5, 1.0, 3.0], [1.5, 1.0, 1.0])


def test_json_holds_every_time_and_the_medians(tmp_path):
    RESULT.write(tmp_path / "x.json")
    found = json.loads((tmp_path / "x.json").read_text())
    assert found["size"] == {"B": 32, "T": 20, "H": 8}
    assert found["milliseconds_per_step"]["by hand"]["wall"] == [2.0, 4.0, 1.0]
    assert found["medians"]["rnnlab"] == {"wall": 3.0, "cpu": 1.0}
    assert found["median_ratios"]["rnnlab over a loop by hand"]["wall"] == 1.5
    assert found["missing"] == {"Keras on JAX": ["keras"]}


def test_tables_show_what_was_measured_and_what_is_missing():
    times, compared = tables(RESULT)
    assert list(times.columns[0].cells) == ["by hand", "Keras on JAX", "rnnlab"]
    assert list(times.columns[2].cells) == ["2.00", "", "3.00"]
    assert "not installed: keras" in list(times.columns[1].cells)
    assert list(compared.columns[1].cells) == ["1.50"]


@pytest.mark.parametrize("pair", RATIOS.values())
def test_what_is_compared_can_be_measured(pair):
    assert set(pair) <= CONTENDERS.keys()
