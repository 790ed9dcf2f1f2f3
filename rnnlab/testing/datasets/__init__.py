"""The rules of the contract for datasets, by what they are about."""
