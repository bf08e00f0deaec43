"""Saving providers, from all sides."""
