import copy

import pytest

from rnnlab.runs.fingerprint import fingerprint

CONFIG = {
    "seed": 0,
    "name": "a",
    "output_dir": "outputs",
    "experiment_name": "demo",
    "cell": {"hidden_size": 8},
    "dataset": {"path": "/a.csv", "split_seed": 0},
    "trainer": {"max_epochs": 3, "devices": 1, "num_workers": 0, "enable_progress_bar": True},
    "tracking": {"uri": None},
    "diagnostics": {"gradient_norms": True},
}


def changed(path, value):
    config = copy.deepcopy(CONFIG)
    *parents, last = path.split(".")
    node = config
    for parent in parents:
        node = node[parent]
    node[last] = value
    return config


@pytest.mark.parametrize(
    "path",
    ["name", "output_dir", "experiment_name", "tracking.uri", "diagnostics.gradient_norms",
     "trainer.devices", "trainer.num_workers", "trainer.enable_progress_bar", "dataset.path"],
)  # fmt: skip
def test_what_does_not_change_the_result_does_not_count(path):
    assert fingerprint(changed(path, "other"), "sha", {}) == fingerprint(CONFIG, "sha", {})


@pytest.mark.parametrize(
    "path", ["seed", "cell.hidden_size", "trainer.max_epochs", "dataset.split_seed"]
)
def test_what_changes_the_result_counts(path):
    assert fingerprint(changed(path, 99), "sha", {}) != fingerprint(CONFIG, "sha", {})


def test_data_and_plugins_count():
    base = fingerprint(CONFIG, "sha", {})
    assert fingerprint(CONFIG, "other", {}) != base
    one, edited = ({"mgu": {"version": "1.0", "sha256": sha}} for sha in "ab")
    found = [fingerprint(CONFIG, "sha", plugins) for plugins in (one, edited)]
    # Trained with the one and then with the other.
    found += [fingerprint(CONFIG, "sha", edited, earlier_plugins=[one])]
    found += [fingerprint(CONFIG, "sha", one, earlier_plugins=[edited])]
    assert len({base, *found}) == 5
    assert fingerprint(CONFIG, "sha", one, earlier_plugins=[]) == found[0]


def test_setting_is_shared_by_replicates():
    replicate = changed("seed", 1)
    assert fingerprint(replicate, "s", {}, with_seed=False) == fingerprint(
        CONFIG, "s", {}, with_seed=False
    )
    assert len(fingerprint(CONFIG, "s", {})) == 16


def test_initial_weights_count_and_their_path_does_not():
    base = fingerprint(CONFIG, "sha", {})
    # Configs of before there were initial weights have no such key.
    assert fingerprint({**CONFIG, "init_from": None}, "sha", {}) == base
    one, moved, other = (
        fingerprint({**CONFIG, "init_from": path}, "sha", {}, initial_weights=weights)
        for path, weights in (("/a", "w"), ("/b", "w"), ("/a", "v"))
    )
    assert one == moved
    assert len({base, one, other}) == 3
