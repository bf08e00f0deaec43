"""Months of mail made by SQL, for screens that must stay quick: queue, log, one mail, overview."""
