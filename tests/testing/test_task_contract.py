from __future__ import annotations

from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.one_to_many import OneToMany
from rnnlab.tasks.one_to_one import OneToOne
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing.task_contract import TaskContract


DECODING = {
    "scheduled_sampling_epochs": {"scheduled_sampling": 0.5},
    "beam_width": {"decoder": "beam"},
    "length_penalty": {"decoder": "beam"},
    "temperature": {"decoder": "sampling"},
    "sampling_seed": {"decoder": "sampling"},
}


class TestManyToOne(TaskContract):
    def make_task(self, **a):
        return ManyToOne(**{"embedding_size": 4, **a})


class TestManyToMany(TaskContract):
    beside, other_values = DECODING, {"length_penalty": 8.0}

    def make_task(self, **a):
        return ManyToMany(**{"embedding_size": 4, **a})


class TestOneToMany(TaskContract):
    beside, other_values = DECODING, {"length_penalty": 8.0}

    def make_task(self, **a):
        return OneToMany(**{"embedding_size": 4, **a})


class TestOneToOne(TaskContract):
    def make_task(self, **a):
        return OneToOne(**{"embedding_size": 4, **a})


class TestSynced(TaskContract):
    def make_task(self, **a):
        return SyncedManyToMany(**{"embedding_size": 4, **a})
