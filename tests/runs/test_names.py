import re
from datetime import datetime

from rnnlab.runs.names import make_name


def test_name_is_time_and_words():
    name = make_name(datetime(2026, 11, 23, 9, 30, 15))
    assert re.fullmatch(r"20261123-093015-[a-z]+-[a-z]+", name)


def test_names_do_not_follow_the_seed():
    import random

    names = set()
    for _ in range(20):
        random.seed(0)
        names.add(make_name(datetime(2026, 1, 1)))
    assert len(names) > 1
