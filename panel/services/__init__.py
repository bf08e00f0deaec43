"""Use cases: one function for each thing that a person or an application does."""
