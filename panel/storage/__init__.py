"""What is remembered: models, queries, the queue's SQL, encryption and migrations."""
