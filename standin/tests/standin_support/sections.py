"""The sections that the facts about Redshift are numbered by, in the order of the page."""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """A section of the page.

    :param number: the numbers of its facts begin with it.
    :param about: an introduction to the facts.
    """

    number: str
    title: str
    about: str


SECTIONS = (
    Section(
        "0",
        "Surprises",
        "What people who know PostgreSQL most often get wrong. The other sections have more such facts.",
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
        "The name of the option follows the slash. Some options are allowed with some formats only.",
    ),
    Section(
        "1.4",
        "COPY: which value goes into which column",
        "By position for text, CSV and Parquet, by name for JSON, and by path with a JSONPaths file.",
    ),
    Section(
        "1.5",
        "COPY: values",
        "How a source value is converted to the type of its column, and the load error code if that fails. "
        "COPY follows other rules than a cast or an INSERT.",
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
        "A database uses snapshot isolation unless it was created or altered otherwise. When writers conflict, one of "
        "their transactions fails, with an SQLSTATE that is not specific to conflicts.",
    ),
    Section(
        "3.1",
        "Tables",
        "Distribution, sort keys, encodings, identity columns, and which changes of a table are possible. Keys are "
        "hints for the planner; only NOT NULL is enforced.",
    ),
    Section("3.2", "Limits", "Maximum counts and lengths. The length of a string is measured in bytes."),
    Section("3.3", "Features of PostgreSQL that Redshift does not have", "Each is refused."),
    Section("3.4", "Types of PostgreSQL that Redshift does not have", "A table cannot have columns of these types."),
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
        "Expressions with another result, type or name than in PostgreSQL 15.",
    ),
    Section("6.1", "Clusters: nodes", "Which node types CreateCluster accepts, and how many nodes of each."),
    Section(
        "6.2",
        "Clusters: CreateCluster",
        "Its parameters, whose names follow the slash, and the errors that it can return.",
    ),
    Section("6.3", "Clusters: status", "The states of a cluster, and what DescribeClusters returns in each."),
    Section(
        "6.4",
        "Clusters: delete, pause, resume, restore",
        "The state that each operation requires, the state that it leads to, and what remains afterwards.",
    ),
    Section(
        "6.5",
        "Clusters: credentials and connections",
        "Temporary passwords, managed secrets, and network access.",
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
        "What drivers and tools send, which catalog queries they run, and which answers they depend on.",
    ),
    Section(
        "9.wire",
        "Clients: the wire protocol",
        "Sessions and cancellation at the level of messages. Redshift speaks version 3.0 of PostgreSQL's protocol.",
    ),
)
