from rnnlab.bench.start.commands import COMMANDS


def test_a_training_is_timed_by_the_first_step_in_its_folder(tmp_path):
    spent = COMMANDS["rnnlab train, new folder"].seconds(tmp_path / "new", tmp_path / "used")
    (run,) = (tmp_path / "new" / "start").glob("run-*")
    assert (run / "result.json").exists()
    assert not (tmp_path / "used").exists()
    assert spent > 0


def test_the_list_is_timed_to_its_end(tmp_path):
    assert COMMANDS["rnnlab list"].seconds(tmp_path, tmp_path) > 0
