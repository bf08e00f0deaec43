"""Scripts for those who maintain the project; nothing here runs in production."""
