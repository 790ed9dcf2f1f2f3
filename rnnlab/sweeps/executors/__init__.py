"""Where the runs of a sweep are executed: processes here, a Ray cluster, Slurm."""
