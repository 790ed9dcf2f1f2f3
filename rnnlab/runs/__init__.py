"""Run folders: making, executing, evaluating and using them."""
