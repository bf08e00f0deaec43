"""The queue's SQL: claims, marks of progress, leases and upkeep, in statements that stay flat."""
