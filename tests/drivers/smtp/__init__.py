"""The SMTP driver: its parts fed by hand, and the whole against real servers."""
