from __future__ import annotations

from rnnlab.compare.reading import read_run
from rnnlab.compare.settings import Settings, group
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import write_json
from tests.compare.conftest import Make


def of(*folders: RunFolder) -> Settings:
    return group([read_run(folder) for folder in folders])


def test_runs_that_differ_by_seed_are_one_setting(run: Make) -> None:
    found = of(run(1), run(0), run(0, cell="lstm"))
    assert [list(setting.runs) for setting in found.all] == [[0, 1], [0]]
    assert found.columns == ("cell",)
    assert [setting.shown("cell") for setting in found.all] == ["gru", "lstm"]


def test_what_the_choice_implies_is_no_column(run: Make) -> None:
    found = of(
        run(cell="gru", cell__hidden_size=8),
        run(cell="gru", cell__hidden_size=16),
        run(cell="rnn", cell__hidden_size=8, cell__nonlinearity="tanh"),
    )
    assert found.columns == ("cell", "cell.hidden_size")
    assert found.axes == ("cell", "cell.hidden_size")


def test_what_was_varied_of_one_choice_is_a_column(run: Make) -> None:
    found = of(
        run(cell="gru"),
        run(cell="rnn", cell__nonlinearity="tanh"),
        run(cell="rnn", cell__nonlinearity="relu"),
    )
    assert found.columns == ("cell", "cell.nonlinearity")
    assert found.all[0].shown("cell.nonlinearity") == "–"


def test_sizes_that_go_with_the_choice_are_shown_but_no_axis(run: Make) -> None:
    found = of(run(cell="gru", cell__hidden_size=16), run(cell="lstm", cell__hidden_size=14))
    assert found.columns == ("cell", "cell.hidden_size")
    assert found.axes == ("cell",)


def test_other_data_is_told_by_the_path(run: Make) -> None:
    found = of(run(dataset__path="a.csv", data="a"), run(dataset__path="b.csv", data="b"))
    assert found.columns == ("dataset.path",)


def test_a_path_that_replicates_do_not_share_tells_nothing(run: Make) -> None:
    found = of(*(run(seed, dataset__path=f"{seed}.csv", setting="same") for seed in (0, 1)))
    assert len(found.all) == 1
    assert "dataset.path" not in found.all[0].keys


def test_settings_with_equal_configs_are_told_apart_by_their_fingerprint(run: Make) -> None:
    found = of(run(setting="a" * 16), run(setting="b" * 16), run(cell="lstm"))
    assert found.columns == ("cell", "setting")
    assert [setting.shown("setting") for setting in found.all[:2]] == ["a" * 8, "b" * 8]


def test_a_single_setting_has_a_name(run: Make) -> None:
    found = of(run(0, setting="a" * 16), run(1, setting="a" * 16))
    assert found.columns == ("setting",)
    assert found.all[0].shown_all(found.columns) == ("aaaaaaaa",)


def test_of_a_repeated_seed_the_later_run_counts(run: Make) -> None:
    first, second = run(0, 0.1), run(0, 0.2)
    for folder, year in ((first, 2027), (second, 2026)):
        status = folder.read_status()
        status["times"] = {name: f"{year}{time[4:]}" for name, time in status["times"].items()}
        write_json(folder.path / "status.json", status)
    found = of(first, second)
    assert found.all[0].runs[0].value("test/accuracy") == 0.1
    assert found.repeated == 1


def test_an_unfinished_run_belongs_to_its_setting_without_a_manifest(run: Make) -> None:
    folder = run(1, status=Status.FAILED)
    folder.manifest.unlink()
    found = of(run(0), folder, run(0, cell="lstm"))
    assert [len(setting.unfinished) for setting in found.all] == [1, 0]


def test_a_setting_that_never_finished_is_one(run: Make) -> None:
    found = of(run(0), run(0, cell="lstm", status=Status.KILLED))
    assert found.columns == ("cell",)
    assert [len(setting.runs) for setting in found.all] == [1, 0]
