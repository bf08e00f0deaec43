"""Rules of the codebase, as tests."""
