"""What all mail APIs share."""
