import threading
import time

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
