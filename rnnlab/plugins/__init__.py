"""Components found through entry points, and how Hydra reaches them."""
