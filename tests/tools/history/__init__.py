"""Tests of the bench: what it counts, shows and tidies up; never how fast anything is."""
