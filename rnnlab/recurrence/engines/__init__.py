"""Ways to run a cell over time; one file each."""
