"""The training loop: one LightningModule, gradient norms, truncation, checkpoints."""
