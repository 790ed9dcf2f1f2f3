"""The time from a command to its first useful moment, beside the imports that it cannot do without.

Every measurement is a process of its own, begun in turn with the others.
"""
