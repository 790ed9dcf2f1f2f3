"""Measurements of what a recurrent network does inside, as functions of models and traces."""
