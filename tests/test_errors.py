import pickle

import pytest

from rnnlab.errors import (
    ConfigError,
    ConfigErrors,
    DataError,
    Interrupted,
    MissingPackage,
    NonFinite,
    Refused,
    RnnlabError,
    RunFailed,
    StorageError,
    check_choice,
    enough_memory,
    lines,
    nearest,
    one_line,
    out_of_memory,
    together,
)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ConfigError("is empty"), "is empty"),
        (ConfigError("is empty", key="a.b"), "a.b: is empty"),
        (ConfigError("too small", key="a.b", value=0), "a.b=0: too small"),
        (
            ConfigError("unknown", key="cell", value="lst", near="lstm", valid=["gru", "lstm"]),
            "cell=lst: unknown; did you mean lstm?; valid: gru, lstm",
        ),
        (
            MissingPackage("x", "data", wanted_by="dataset=tweets"),
            "dataset=tweets: needs the package 'x'; install it with: pip install 'rnnlab[data]'",
        ),
        (ConfigErrors([ConfigError("x", key="a"), DataError("y", key="b")]), "a: x\nb: y"),
    ],
)
def test_the_message_says_it_all(error: ConfigError, line: str) -> None:
    assert str(error) == line


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RnnlabError, 1),
        (RunFailed, 1),
        (NonFinite, 1),
        (ConfigError, 2),
        (DataError, 2),
        (MissingPackage, 2),
        (ConfigErrors, 2),
        (Refused, 3),
        (StorageError, 4),
    ],
)
def test_exit_codes(kind: type[RnnlabError], code: int) -> None:
    assert kind.exit_code == code
    assert issubclass(kind, RnnlabError)


def test_an_interruption_has_the_exit_code_of_its_signal() -> None:
    assert Interrupted(2).exit_code == 130
    assert Interrupted(15).exit_code == 143
    assert not issubclass(Interrupted, Exception)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("unknown", key="cell", value="lst", near="lstm", valid=["gru", "lstm"]),
        DataError("bad row", key="dataset.path", value="x.csv"),
        MissingPackage("aeon", "data", wanted_by="dataset=japanese_vowels"),
        ConfigErrors([ConfigError("x", key="a"), DataError("y", key="b")]),
        RunFailed("stopped"),
    ],
)
def test_errors_survive_the_way_from_another_process(error: RnnlabError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert {key: str(value) for key, value in vars(arrived).items()} == {
        key: str(value) for key, value in vars(error).items()
    }


def test_the_nearest_name_is_near_or_none() -> None:
    assert nearest("lsmt", ["gru", "lstm", "rnn"]) == "lstm"
    assert nearest("transformer", ["gru", "lstm", "rnn"]) is None
    assert nearest("x", []) is None


def test_a_choice_is_checked() -> None:
    check_choice("pool", "last", ("last", "mean"))
    with pytest.raises(ConfigError, match=r"pool=lats: unknown; did you mean last\?; valid: last,"):
        check_choice("pool", "lats", ("last", "mean"))


def test_what_a_terminal_would_obey_is_shown_instead():
    assert one_line("a\nb\x1b[31m\x85\u2028\u202e\udcff") == (r"a\nb\x1b[31m\x85\u2028\u202e\udcff")
    assert one_line("größe שלום 学習 🙂 e\u0301") == "größe שלום 学習 🙂 e\u0301"
    assert one_line("x" * 5000) == "x" * 2000 + "…"


def test_a_long_value_is_cut():
    line = str(ConfigError("is long", key="a", value="x" * 5000))
    assert line == f"a={'x' * 199}…: is long"


def test_mistakes_come_together_each_once():
    one, other = ConfigError("x", key="a"), ConfigError("y", key="b")
    assert together([]) is None
    assert together([one]) is one
    assert together([one, ConfigError("x", key="a")]) is not None
    both = together([one, other, ConfigError("x", key="a")])
    assert isinstance(both, ConfigErrors)
    assert lines(both) == ["a: x", "b: y"]
    assert lines(RunFailed("a\nb")) == [r"a\nb"]


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you"), True),
        (RuntimeError("Storage size calculation overflowed with sizes=[1]"), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory."), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_says_that_memory_is_short(error, short):
    assert out_of_memory(error) is short


def test_memory_that_is_short_is_one_line_and_anything_else_stays():
    asked = "can't allocate memory: you tried to allocate 16000000000 bytes"
    with pytest.raises(RunFailed) as caught, enough_memory("the model"):
        raise RuntimeError(asked)
    assert str(caught.value) == (
        "there is not enough memory for the model: 16.0 GB were asked for at once"
    )
    with pytest.raises(RuntimeError, match="other"), enough_memory("the model"):
        raise RuntimeError("other")
