"""Datasets; one file each."""
