"""The shared sender: takes mail in, claims it, routes it, sends it, and looks after what waits."""
