"""Every recurrent cell of the package ``torchrecurrent`` as an rnnlab cell."""
