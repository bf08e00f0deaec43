"""Tests of `panel.domain`."""
