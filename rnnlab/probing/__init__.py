"""Measuring inside a network: gradients through time, what gates do, how long it remembers.

Pure functions on a model and a batch. They leave modes, gradients and random generators as they
are, so that a training that is looked at ends with the same weights.
"""
