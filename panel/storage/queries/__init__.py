"""The questions that use cases ask of the database, one noun a file."""
