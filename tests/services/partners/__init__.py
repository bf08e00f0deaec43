"""Partners, their people, their applications and their own mail servers."""
