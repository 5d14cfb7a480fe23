"""The Redshift endpoint's network side: PostgreSQL's protocol, TLS, sessions and listeners."""
