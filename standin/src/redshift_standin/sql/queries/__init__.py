"""Queries and expressions: clauses, functions, data types, and the relations that they read."""
