"""What all drivers of mail APIs share: connection, request, answer, outcome and live test."""
