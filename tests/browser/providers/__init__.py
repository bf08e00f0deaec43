"""Mail Providers in a real browser."""
