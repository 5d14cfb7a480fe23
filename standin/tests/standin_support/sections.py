"""The sections that the facts about Redshift are numbered by, in the order of the page."""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """A section of the page.

    :param number: what the numbers of its facts begin with.
    :param about: what a reader has to know before the facts.
    """

    number: str
    title: str
    about: str


SECTIONS = (
    Section(
        "0",
        "Surprises",
        "What people who know PostgreSQL most often get wrong, as far as no other section covers it.",
    ),
    Section(
        "1.1",
        "COPY: the statement",
        "COPY appends objects from S3 to a table. It reads S3 itself, as a role that is attached to the cluster.",
    ),
    Section(
        "1.2",
        "COPY: formats and compression",
        "How the bytes of an object are divided into records and fields, and what has to be unpacked first.",
    ),
    Section(
        "1.3",
        "COPY: options",
        "Each option is named after the slash. Not every option goes with every format.",
    ),
    Section(
        "1.4",
        "COPY: which value goes into which column",
        "By position for text, CSV and Parquet, by name for JSON, and by path with a JSONPaths file.",
    ),
    Section(
        "1.5",
        "COPY: values",
        "What a value of the source becomes in a column of each type, and the number of the load error if it becomes "
        "nothing. COPY does not convert as a cast or an INSERT does.",
    ),
    Section(
        "1.6",
        "COPY: outcomes",
        "What the client of a COPY receives: row counts, notices, and errors with their SQLSTATE.",
    ),
    Section(
        "1.7",
        "COPY: load history",
        "The functions and views that report what a COPY did. The views named STL_… exist on provisioned clusters "
        "only; those named SYS_… exist everywhere.",
    ),
    Section("1.8", "COPY: transactions and jobs", "COPY within a transaction, and COPY JOB, which loads new objects."),
    Section("UNLOAD", "UNLOAD", "The opposite of COPY: the result of a query becomes objects in S3."),
    Section(
        "2",
        "Transactions, isolation and locks",
        "A database works at snapshot isolation unless it was created or altered otherwise. A conflict between writers "
        "ends one of their transactions; its SQLSTATE does not say that it was a conflict.",
    ),
    Section(
        "3.1",
        "Tables",
        "Distribution, sort keys, encodings, identity columns, and which changes of a table are possible. Keys are "
        "hints for the planner; only NOT NULL is enforced.",
    ),
    Section("3.2", "Limits", "How much of something there can be. Lengths of texts are counted in bytes."),
    Section("3.3", "Features of PostgreSQL that Redshift does not have", "Each is refused."),
    Section("3.4", "Types of PostgreSQL that Redshift does not have", "A table cannot have a column of such a type."),
    Section(
        "3.5",
        "Functions of PostgreSQL that Redshift does not have",
        "Each is refused. Some have a counterpart with another name, such as LISTAGG for string_agg.",
    ),
    Section(
        "4",
        "MERGE",
        "MERGE has fewer forms than in PostgreSQL, and it treats repeated keys of the source in its own way.",
    ),
    Section(
        "5",
        "Types and functions",
        "Where the same expression has another result, another type or another name than in PostgreSQL 15.",
    ),
    Section("6.1", "Clusters: nodes", "Which node types CreateCluster accepts, and how many nodes of each."),
    Section(
        "6.2", "Clusters: CreateCluster", "Its parameters, each named after the slash, and the errors it can return."
    ),
    Section(
        "6.3", "Clusters: status", "Which states a cluster passes through, and what DescribeClusters says in each."
    ),
    Section(
        "6.4",
        "Clusters: delete, pause, resume, restore",
        "Which state each operation needs, which it leads to, and what remains afterwards.",
    ),
    Section(
        "6.5",
        "Clusters: credentials and connections",
        "Temporary passwords, secrets that AWS manages, and who may connect from where.",
    ),
    Section("6.6", "Clusters: roles", "The role that COPY uses, and the permissions of the identity that attaches it."),
    Section(
        "8",
        "Data API",
        "SQL over HTTPS: a statement is submitted, runs on its own, and its result is fetched later.",
    ),
    Section(
        "9",
        "Clients",
        "What drivers and tools send and ask of the catalogs, and which answers they depend on.",
    ),
    Section(
        "9.wire",
        "Clients: the wire protocol",
        "Sessions and cancellation on the level of messages. Redshift speaks version 3.0 of PostgreSQL's protocol.",
    ),
)
