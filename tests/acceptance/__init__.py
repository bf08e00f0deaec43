"""Real processes against real servers: what people and programs rely on, through crashes too."""
