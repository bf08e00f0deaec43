"""DNS rebinding: a name that first leads outside and then inside."""
