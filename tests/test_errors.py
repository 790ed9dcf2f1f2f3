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
    nearest,
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
