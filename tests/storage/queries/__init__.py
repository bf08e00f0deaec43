"""Tests of the questions that use cases ask of the database."""
