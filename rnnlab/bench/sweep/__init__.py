"""What a sweep costs beside its training: runs per hour by workers, and the fixed cost of a run."""
