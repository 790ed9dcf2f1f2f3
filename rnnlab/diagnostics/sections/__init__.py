"""The parts of a report on one run, from measurements to words and pictures."""
