"""The test kit: real servers, a real browser, and casts for them."""
