"""The network side of the Redshift endpoint: PostgreSQL's protocol, TLS, logins and sessions.

``endpoints`` opens and closes the ports of all clusters (``open_files`` allows many clients). A client's connection
passes through these phases:

- ``listener`` accepts it; ``login`` receives the startup message and the password, or a cancel request
  (``certificate``, ``passwords``, ``cancellable_sessions``).
- ``session`` reads the client's messages and passes each to the part that answers it: ``simple_query``, or
  ``extended_query`` with ``message_pipeline``.
- Both prepare statements (``statement_cache``, ``statement_preparation``) in a transaction with Redshift's write locks
  (``transaction``, ``write_locks``), and run them on a PostgreSQL session (``postgres_session``).
- ``response_relay`` passes PostgreSQL's answers on, with Redshift's errors (``error_translation``) and rows in no
  particular order (``row_shuffling``).
- ``endpoint_statements`` runs what PostgreSQL does not: COPY and UNLOAD through ``session_backend`` and the COPY
  subprotocol (``copy_in``), and changes of databases. It also keeps the ``query_history``.

``codes`` names the protocol's numbers and letters, ``messages`` builds and parses its messages, ``channel`` is a
socket, ``cancel_request`` cancels a statement in PostgreSQL, and ``session_state`` is the state that the parts share.
"""
