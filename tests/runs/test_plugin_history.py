import pytest

from rnnlab.plugins.in_use import PluginInUse
from rnnlab.runs.plugin_history import changes, continued, history, plain, told, upgraded

ONE, EDITED, NEXT = PluginInUse("1", "a" * 64), PluginInUse("1", "b" * 64), PluginInUse("2", "c")


def manifest(*states):
    since = [{"time": "t", "plugins": plain(state)} for state in states[1:]]
    return {"plugins": plain(states[0]), "plugins_since": since, "more": 1}


def test_a_manifest_of_before_there_were_hashes_is_read():
    found = upgraded({"plugins": {"p": "1"}, "seed": 0})
    assert history(found) == [{"p": PluginInUse("1", None)}]
    assert found["seed"] == 0
    assert upgraded(found) == found
    # The same version: nothing that is known has changed.
    assert continued(found, {"p": ONE}) == found


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"plugins": {"p": {}}}, "plugins.p.version is missing"),
        ({"plugins": {"p": {"version": 1, "sha256": "a"}}}, "plugins.p.version is int and not str"),
        ({"plugins": {}, "plugins_since": 3}, "plugins_since is no list"),
        ({"plugins": {}, "plugins_since": ["x"]}, "plugins_since.0 is str and not a mapping"),
        ({"plugins": {}, "plugins_since": [{"time": "t"}]}, "plugins_since.0.plugins is missing"),
    ],
)
def test_what_is_no_history_is_told(content, why):
    with pytest.raises(ValueError, match=why):
        upgraded(content)


def test_changes_name_plugin_then_and_now():
    assert changes({"p": ONE}, {"p": ONE}) == []
    assert changes({"p": ONE}, {"p": EDITED}) == [f"plugin p: 1 {'a' * 12} then, 1 {'b' * 12} now"]
    assert changes({"p": ONE, "q": NEXT}, {"q": NEXT, "r": NEXT}) == [
        f"plugin p: 1 {'a' * 12} then, none now",
        "plugin r: none then, 2 c now",
    ]


def test_a_run_that_goes_on_keeps_what_it_was_and_what_it_became():
    begun = manifest({"p": ONE})
    assert continued(begun, {"p": ONE}) == begun
    changed = continued(begun, {"p": EDITED})
    assert history(changed) == [{"p": ONE}, {"p": EDITED}]
    assert changed["plugins_since"][0]["time"].endswith("+00:00")
    assert (changed["plugins"], changed["more"]) == (begun["plugins"], 1)
    # Back again is another change.
    back = continued(continued(changed, {"p": EDITED}), {"p": ONE})
    assert history(back) == [{"p": ONE}, {"p": EDITED}, {"p": ONE}]


def test_all_of_it_in_a_line_for_each_plugin():
    states = [{"p": ONE, "q": NEXT}, {"p": EDITED, "q": NEXT}, {"p": ONE}]
    assert told(manifest(*states)) == {
        "p": f"1 {'a' * 12}, then 1 {'b' * 12}, then 1 {'a' * 12}",
        "q": "2 c, then none",
    }
    assert told(manifest({})) == {}
