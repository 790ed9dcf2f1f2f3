"""What every dataset must do, as a test suite that its author inherits."""

from __future__ import annotations

from rnnlab.testing.datasets.arguments import ArgumentRules
from rnnlab.testing.datasets.description import DescriptionRules
from rnnlab.testing.datasets.identity import IdentityRules
from rnnlab.testing.datasets.use import UseRules


class DatasetContract(DescriptionRules, IdentityRules, UseRules, ArgumentRules):
    """Everything that rnnlab relies on in a dataset.

    Subclass it in a test file under a name ``Test…`` and write ``make_dataset``; pytest and
    :func:`rnnlab.testing.run` then find the rules. Make the dataset small: it is constructed
    dozens of times. A rule that a dataset breaks on purpose is left out by setting it to None in
    the subclass, beside the reason.

    Example:
        >>> from rnnlab.data.datasets.adding import Adding
        >>> class TestAdding(DatasetContract):
        ...     def make_dataset(self, **arguments):
        ...         sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        ...         return Adding(**{"steps": 6, **sizes, **arguments})
    """
