"""How each kind of provider is spoken to, and how connections are opened."""
