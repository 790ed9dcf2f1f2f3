"""Task mappings; one file each."""
