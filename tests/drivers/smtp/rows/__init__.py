"""What a server does for each row of the outcome table, and what must follow; see `case`."""
