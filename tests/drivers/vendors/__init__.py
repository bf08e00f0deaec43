"""Every mail API in turn, against a real server that answers in its place."""
