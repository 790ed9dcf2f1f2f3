"""Naive scores that a model has to beat; one file each."""
