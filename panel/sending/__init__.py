"""The shared sender service: submission, the worker, routing, retries, breakers and upkeep."""
