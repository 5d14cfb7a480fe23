"""Redshift's SQL, said in PostgreSQL's words, or refused."""
