"""Rows for tests, one file an aggregate; every factory takes a session and overrides."""
