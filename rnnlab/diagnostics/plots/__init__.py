"""Pictures of what was measured, one file each: from plain numbers to a figure."""
