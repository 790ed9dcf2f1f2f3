"""Values that are right alone and wrong together."""

from __future__ import annotations

from collections.abc import Iterator

from omegaconf import DictConfig

from rnnlab.errors import ConfigError


def disagreements(cfg: DictConfig) -> Iterator[ConfigError]:
    """Give what would break off a training, of a config whose single values are right."""
    trainer = cfg.trainer
    for name in ("limit_train_batches", "limit_val_batches", "limit_test_batches"):
        limit = trainer[name]
        if isinstance(limit, float) and limit > 1:
            yield ConfigError(
                "a share is at most 1.0; a number of batches is written as a whole number",
                key=f"trainer.{name}",
                value=limit,
            )
    watching = "watches the validation score"
    plateau = str(cfg.scheduler.get("_target_", "")).endswith(".ReduceLROnPlateau")
    if trainer.limit_val_batches == 0:
        why = f"{watching}, and trainer.limit_val_batches=0 leaves none"
        if trainer.patience is not None:
            yield ConfigError(why, key="trainer.patience", value=trainer.patience)
        if plateau:
            yield ConfigError(why, key="scheduler", value=cfg.choices.get("scheduler"))
    if plateau and cfg.scheduler.get("interval") == "step":
        why = f"{watching}, which is there once an epoch"
        yield ConfigError(why, key="scheduler.interval", value="step", valid=["epoch"])
