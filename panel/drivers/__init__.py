"""How to speak to each kind of provider: one driver each, a registry, a guarded dialler."""
