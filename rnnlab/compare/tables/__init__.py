"""The table of a comparison, for a terminal, a program, a page or a paper."""
