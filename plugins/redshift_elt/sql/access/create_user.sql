{# A user without a password, who logs in with temporary credentials only (AWS page "CREATE USER"). #}
create user {{ user | identifier }} password disable
