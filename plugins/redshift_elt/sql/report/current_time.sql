{# The time at which the transaction began, without a time zone; the cluster's clock is UTC (AWS page "SYSDATE
   function"). #}
select sysdate
