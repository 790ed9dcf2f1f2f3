"""Runs the step of any cell, traced, with a backward pass of its own."""
