"""Translates Redshift's SQL to PostgreSQL's, or refuses it."""
