"""The cluster's life: created, found, paused and deleted, with the role that COPY uses."""
