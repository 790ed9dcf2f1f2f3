"""The time of a whole training step, beside a loop written by hand, Lightning and Keras on JAX.

Each contender is a process of its own that trains one step after the other. They run in turn, a
slice of about a second each: a contender stops itself after its slice, all its threads with it,
and is woken for the next. In one process the threads of one (MLflow's, the progress bar's, torch's
and JAX's pools) would work on at the cost of the others. Each slice gives one time per step, and
each round one ratio; what is shown are medians over the rounds.
"""
