"""Seeing inside a run: gradients through time, gates, dynamics, memory, as pictures and words.

What is measured is in :mod:`rnnlab.probing`; here it is drawn and told.
"""
