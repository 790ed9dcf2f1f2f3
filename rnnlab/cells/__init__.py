"""Recurrent cells: one step of a recurrence each."""
