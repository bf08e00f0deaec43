"""The SMTP driver: a session that holds no socket, and the connection that carries it."""
