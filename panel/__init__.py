"""Postroom: one panel and one sender for all the mail an organisation sends."""
