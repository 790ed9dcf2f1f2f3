"""Answers with error bars from finished runs: ``rnnlab compare``.

Nothing here trains or changes a run. What a run is stands in :mod:`rnnlab.compare.reading`, what
is averaged over what in :mod:`rnnlab.compare.sample` and :mod:`rnnlab.compare.grouped`.
"""
