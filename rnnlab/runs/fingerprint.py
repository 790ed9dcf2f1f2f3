"""The fingerprint of a run: same fingerprint, same experiment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

# What changes where, how visibly or how often something runs, and not what is computed.
_IGNORED = ("executor", "tracking", "sweep", "name", "seeds", "diagnostics", "experiment_name",
            "output_dir", "choices", "init_from", "plugins")  # fmt: skip
_IGNORED_TRAINER = ("num_workers", "devices", "threads", "enable_progress_bar",
                    "checkpoint_every_n_steps", "preempt", "preempt_grace")  # fmt: skip


def counts(key: str) -> bool:
    """Return whether a value of a config has a part in the fingerprint.

    Args:
        key: Its dotted key.
    """
    first, _, rest = key.partition(".")
    return first not in _IGNORED and not (first == "trainer" and rest in _IGNORED_TRAINER)


def fingerprint(
    config: Mapping[str, Any],
    data_sha256: str,
    plugins: Mapping[str, Any],
    *,
    with_seed: bool = True,
    initial_weights: str | None = None,
    earlier_plugins: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return 16 hexadecimal digits that stand for what a run computes.

    Args:
        config: The resolved config as plain values.
        data_sha256: Hash of the data's content; stands in for paths.
        plugins: Version and hash of each plugin in use, as plain values.
        with_seed: False for the fingerprint of the *setting*, which replicates share.
        initial_weights: Stands in for ``init_from``: the hash of these weights, and in the
            fingerprint of the setting the setting of the run that they come from, since
            replicates may start from replicates. None for a run that starts from none.
        earlier_plugins: Those of earlier parts of the training, if it went on with others.
    """
    kept = counted(config, with_seed=with_seed)
    content: dict[str, Any] = {"config": kept, "data": data_sha256, "plugins": dict(plugins)}
    if initial_weights is not None:
        content["initial_weights"] = initial_weights
    if earlier_plugins:
        content["earlier_plugins"] = [dict(each) for each in earlier_plugins]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def counted(config: Mapping[str, Any], *, with_seed: bool = True) -> dict[str, Any]:
    """Return the part of a config that decides what a run computes.

    Args:
        config: The resolved config as plain values.
        with_seed: False for what replicates share.
    """
    kept = {key: value for key, value in config.items() if key not in _IGNORED}
    trainer = kept.get("trainer", {})
    kept["trainer"] = {k: v for k, v in trainer.items() if k not in _IGNORED_TRAINER}
    kept["dataset"] = {k: v for k, v in kept.get("dataset", {}).items() if k != "path"}
    if not with_seed:
        kept.pop("seed", None)
    return kept
