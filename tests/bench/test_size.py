from __future__ import annotations

import pytest

from rnnlab.bench.size import SIZES, Size
from rnnlab.errors import ConfigError


def test_a_size_is_read_and_written() -> None:
    assert Size.parse(" 32, 100,064 ") == Size(32, 100, 64)
    assert [str(size) for size in SIZES][:2] == ["32,20,32", "32,100,64"]
    assert all(Size.parse(str(size)) == size for size in SIZES)


@pytest.mark.parametrize(
    "text", ["", "32", "32,100", "0,1,1", "1,00,1", "-1,2,3", "a,b,c", "1,2,3,4", "1.5,2,3"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--size.*must be three whole numbers"):
        Size.parse(text)
