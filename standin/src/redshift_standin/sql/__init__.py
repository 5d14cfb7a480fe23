"""Translates Redshift's SQL to PostgreSQL's, or refuses it. The translation edits tokens; it builds no syntax tree.

From text to translation:

- ``lexer``: the tokens of a text. COPY, UNLOAD and the wire protocol use it too.
- ``statement``: the tokens of one statement, with its parentheses and helpers to read it.
- ``translate``: the entry point. Finds the translator for a statement's first word.
- ``translation``: the result, with what the session must do for the statement.
- ``output``: the text for PostgreSQL, and its positions in the client's text.
- ``database_names``: the current database in front of a name, which is removed; other databases are refused.
- ``select_aliases``: aliases of the SELECT list that later items or WHERE use.
- ``database_changes``: CREATE, ALTER and DROP DATABASE, which the session runs itself.

``statements`` has one module for each kind of statement other than queries. ``queries`` has what queries and
expressions consist of:

- ``expressions``: writes a range of tokens, and uses the modules below.
- ``functions``, ``function_calls``: the functions that exist, and the calls that PostgreSQL writes differently.
- ``data_types``: Redshift's types, by PostgreSQL's names.
- ``decimal_division``, ``scope``: the scale of a quotient of DECIMALs, and the tables whose columns it can name.
- ``select_clauses``, ``select_items``: TOP, QUALIFY and GROUP BY ALL, and the items of the SELECT list.
- ``keywords``: the words that are syntax; all others are names.
- ``refused_forms``, ``sorted_aggregates``, ``leader_functions``, ``catalog_names``, ``internal_schema``: what is
  refused.
- ``named_relations``, ``common_tables``: the relations that a statement names.
- ``catalog_queries``: queries of catalogs alone.
"""
