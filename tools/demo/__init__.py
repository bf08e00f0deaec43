"""`make demo`: an instance of its own with mail servers, people, a past and new mail."""
