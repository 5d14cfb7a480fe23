"""One module for each kind of statement other than queries."""
