"""Jobs without a config that could be trained."""

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.job import Job


def job(fingerprint, seed=0, setting="s", **swept):
    """Return a job of some fingerprint."""
    trainer = {"max_epochs": 3, "accelerator": "cpu", "devices": 1}
    plain = {"seed": seed, "experiment_name": "e", "trainer": trainer}
    swept = {key: str(value) for key, value in swept.items()} or {"run": fingerprint}
    return Job(Combination((), swept), plain, fingerprint, setting)
