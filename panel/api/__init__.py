"""JSON for applications, and webhooks from providers."""
