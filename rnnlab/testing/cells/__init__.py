"""The rules of the contract for cells, one file per family."""
