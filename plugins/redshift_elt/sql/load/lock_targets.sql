{# Wait until no other load of these targets is running: the first statement of a load.
   The lock is on a small table that belongs to the target, so readers of the target do not wait (AWS page "LOCK"). #}
lock table {{ locks | map("table") | join(", ") }}
