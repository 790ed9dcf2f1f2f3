import pytest

from rnnlab.sweeps.accelerators import VISIBLE, Accelerators, needed


def run(accelerator, devices):
    return {"trainer": {"accelerator": accelerator, "devices": devices}}


@pytest.mark.parametrize(
    ("accelerator", "devices", "number"),
    [
        ("cpu", 4, 0),
        ("mps", 1, 0),
        ("cuda", 2, 2),
        ("auto", "auto", 1),
        ("gpu", "auto", 1),
        ("gpu", [1, 3], None),
    ],
)
def test_what_a_run_needs(accelerator, devices, number):
    assert needed(run(accelerator, devices)) == number


def test_none_is_taken_twice():
    accelerators = Accelerators([3, 5, 6])
    first, second = accelerators.take(2), accelerators.take(1)
    assert sorted(first + second) == ["3", "5", "6"]
    assert not accelerators.has(1)
    accelerators.give_back(first)
    assert accelerators.has(2)
    assert not accelerators.has(3)


def test_a_run_on_cpus_sees_none():
    accelerators = Accelerators([0])
    assert accelerators.take(0) == []
    assert accelerators.has(1)


def test_who_names_those_it_wants_sees_all():
    accelerators = Accelerators([0, 1])
    assert accelerators.take(None) is None
    accelerators.give_back(None)
    assert accelerators.has(2)


def test_where_there_are_none_nothing_is_hidden():
    accelerators = Accelerators([])
    assert accelerators.has(1)
    assert accelerators.take(1) is None


def test_all_are_those_that_this_process_may_see(monkeypatch):
    monkeypatch.setenv(VISIBLE, "4,GPU-1a2b")
    assert Accelerators("auto").take(2) == ["4", "GPU-1a2b"]
    monkeypatch.setenv(VISIBLE, "")
    assert Accelerators("auto").count == 0
