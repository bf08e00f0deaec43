"""`make soak`: everything at once, for as long as one likes, and faults of all kinds meanwhile."""
