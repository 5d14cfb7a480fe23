{# Wait until no other try of the task works on an unfinished staging: the first statement of a transaction, so that the
   others see what the other try has committed (AWS page "LOCK"). #}
lock table {{ periods | table }}
