"""What data is and how it is batched."""
