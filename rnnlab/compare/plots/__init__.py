"""Pictures of a comparison. matplotlib is imported when one is drawn, never before."""
