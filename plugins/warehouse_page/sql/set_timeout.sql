{# Cancel every later statement that runs for more than ten seconds; the unit is milliseconds (AWS page
   "statement_timeout"). #}
set statement_timeout to 10000
