import threading
import time

from rnnlab.config.schema import Sweep
from rnnlab.runs.folder import Status
from rnnlab.sweeps.folder import make
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.watch import watch
from tests.sweeps.jobs import job

PLAN = Plan("cells", (job("0123456789abcdef", cell="gru"),))


def test_watching_ends_with_the_sweep_and_changes_nothing(tmp_path):
    folder = make(PLAN, tmp_path, [], 1)
    attempt = folder.make_run(PLAN.jobs[0]).claim(0)
    said: list[str] = []
    watching = threading.Thread(target=watch, args=(folder, said.append))
    watching.start()
    time.sleep(0.5)
    assert watching.is_alive()
    attempt.write_status(Status.FAILED, "the loss is NaN")
    before = sorted(path for path in tmp_path.rglob("*"))
    watching.join(20)
    assert not watching.is_alive()
    assert said == ["1/1 done, 1 failed"]
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_of_a_search_what_is_chosen_meanwhile_is_watched_until_it_says_that_it_is_over(tmp_path):
    plan = Plan("cells", PLAN.jobs, Sweep(confirm=1, confirm_seeds=1))
    folder = make(plan, tmp_path, [], 1)
    folder.make_run(PLAN.jobs[0]).claim(0).write_status(Status.FAILED, "no")
    said: list[str] = []
    watching = threading.Thread(target=watch, args=(folder, said.append))
    watching.start()
    more = job("fedcba9876543210", cell="lstm")
    folder.plan_more([more])
    folder.make_run(more).claim(0).write_status(Status.FAILED, "no")
    time.sleep(0.5)
    assert watching.is_alive()
    folder.plan_more(goes_on=False)
    watching.join(20)
    assert not watching.is_alive()
    assert said == ["2/2 done, 2 failed"]
