"""The tests: a mirror of panel/, plus the kit, the rules, and the tests in a browser."""
