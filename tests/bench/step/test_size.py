import pytest

from rnnlab.bench.step.size import Size
from rnnlab.errors import ConfigError


def test_a_size_is_three_numbers():
    assert Size.parse("32,20,8") == Size(32, 20, 8)
    assert str(Size(32, 20, 8)) == "32,20,8"


@pytest.mark.parametrize("text", ["32,20", "32,20,x", "", "1,2,3,4"])
def test_what_is_no_size_is_one_line(text):
    with pytest.raises(ConfigError, match=r"--size.*three whole numbers"):
        Size.parse(text)


@pytest.mark.parametrize("text", ["0,20,8", "32,1,8", "32,20,-1"])
def test_sizes_that_cannot_be_trained_are_refused(text):
    with pytest.raises(ConfigError, match="T at least 2"):
        Size.parse(text)
