"""The life of a cluster: create, look up, pause, resume, restore and delete it, with the role that COPY uses."""
