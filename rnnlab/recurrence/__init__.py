"""Running a cell over time: direction, depth, lengths, resets and engines."""
