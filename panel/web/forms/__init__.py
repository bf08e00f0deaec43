"""The forms of the pages: their fields and what may stand in them, one file per noun."""
