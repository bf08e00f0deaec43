"""Tests of the scripts for those who maintain the project."""
