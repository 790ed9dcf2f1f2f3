"""The rules of the contract for tasks, by what they are about."""
