{# Remove every deleted row from the disks. By default VACUUM leaves up to 5 percent. Not in a transaction. #}
vacuum delete only {{ name | table }} to 100 percent
