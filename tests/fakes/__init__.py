"""Stand-ins for what is outside: real servers on loopback that do as they are told."""
