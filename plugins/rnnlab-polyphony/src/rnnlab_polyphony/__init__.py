"""Polyphonic music for rnnlab: which keys sound next, and how likely each is.

The parts are found by rnnlab itself: ``task=multilabel``, ``dataset=piano_rolls``,
``dataset=bach_chorales``. Importing this package imports none of them.
"""
