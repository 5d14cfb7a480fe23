"""The bookkeeping schema."""
