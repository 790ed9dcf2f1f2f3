"""The fingerprint of a run: same fingerprint, same experiment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What changes where, how visibly or how often something runs, and not what is computed.
_IGNORED = ("executor", "tracking", "sweep", "name", "seeds", "diagnostics", "experiment_name",
            "output_dir", "choices")  # fmt: skip
_IGNORED_TRAINER = ("num_workers", "devices", "threads", "enable_progress_bar",
                    "checkpoint_every_n_steps", "preempt", "preempt_grace")  # fmt: skip


def fingerprint(
    config: Mapping[str, Any],
    data_sha256: str,
    plugins: Mapping[str, str],
    *,
    with_seed: bool = True,
) -> str:
    """Return 16 hexadecimal digits that stand for what a run computes.

    Args:
        config: The resolved config as plain values.
        data_sha256: Hash of the data's content; stands in for paths.
        plugins: Version of each distribution whose components are in use.
        with_seed: False for the fingerprint of the *setting*, which replicates share.
    """
    kept = {key: value for key, value in config.items() if key not in _IGNORED}
    trainer = kept.get("trainer", {})
    kept["trainer"] = {k: v for k, v in trainer.items() if k not in _IGNORED_TRAINER}
    kept["dataset"] = {k: v for k, v in kept.get("dataset", {}).items() if k != "path"}
    if not with_seed:
        kept.pop("seed", None)
    content = {"config": kept, "data": data_sha256, "plugins": dict(plugins)}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
