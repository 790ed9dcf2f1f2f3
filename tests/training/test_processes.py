import multiprocessing

import torch
import torch.distributed as dist

from rnnlab.training import processes


def test_one_process_agrees_with_itself():
    values = torch.tensor([1.0, 2.0])
    assert (processes.count(), processes.rank()) == (1, 0)
    assert processes.total(values) is values
    assert processes.any_of(True, torch.device("cpu")) is True
    assert processes.any_of(False, torch.device("cpu")) is False
    assert processes.gather({"a": 1}) == [{"a": 1}]


def answer(rank, store, results):
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    values, cpu = torch.tensor([1.0, 2.0]) * (rank + 1), torch.device("cpu")
    results.put(
        {
            "place": (processes.rank(), processes.count()),
            "total": processes.total(values).tolist(),
            "values": values.tolist(),  # not added to in place
            "any": [processes.any_of(rank == 1, cpu), processes.any_of(False, cpu)],
            "gathered": [
                {name: x.tolist() if isinstance(x, torch.Tensor) else x for name, x in part.items()}
                for part in processes.gather({"rank": rank, "tensor": torch.full((rank + 1,), 7)})
            ],
        }
    )
    dist.destroy_process_group()


def test_two_processes_agree(tmp_path):
    context = multiprocessing.get_context("forkserver")
    results = context.Queue()
    started = [
        context.Process(target=answer, args=(rank, tmp_path / "store", results))
        for rank in range(2)
    ]
    for process in started:
        process.start()
    found = sorted((results.get(timeout=120) for _ in started), key=lambda each: each["place"])
    for process in started:
        process.join(60)
        assert process.exitcode == 0
    for rank, each in enumerate(found):
        assert each["place"] == (rank, 2)
        assert each["total"] == [3.0, 6.0]
        assert each["values"] == [1.0 * (rank + 1), 2.0 * (rank + 1)]
        assert each["any"] == [True, False]
        assert each["gathered"] == [
            {"rank": 0, "tensor": [7]},
            {"rank": 1, "tensor": [7, 7]},
        ]
