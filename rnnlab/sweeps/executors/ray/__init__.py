"""Runs on the machines of a Ray cluster.

A seat (:mod:`~rnnlab.sweeps.executors.ray.seat`) is an actor that holds what one run needs; it
executes one run after another, each in a process forked for it. The nodes need the environment of
the machine that drives the sweep: the same Python, Ray, rnnlab and plugins, at the same paths, and
the folder of the sweep, the data and ``PYTHONPATH`` on a file system that all of them share.
"""
