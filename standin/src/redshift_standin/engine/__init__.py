"""The PostgreSQL server behind the clusters: its process, the databases of each cluster, and their snapshots.

``catalog/`` holds the SQL scripts that give each database Redshift's functions, views and system tables.
"""
