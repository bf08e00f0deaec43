"""Tests of the queue's SQL, on both databases."""
