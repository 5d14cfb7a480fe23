"""Connections to the warehouse and AWS: hook, endpoints, sessions, transactions, errors."""
