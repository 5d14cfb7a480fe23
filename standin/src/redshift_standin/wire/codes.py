"""The codes of PostgreSQL's protocol 3.0, by the names that its chapter "Message Formats" gives them."""

from __future__ import annotations

import struct


class FrontendMessage:
    """The types of the messages that a client sends."""

    BIND = b"B"
    CLOSE = b"C"
    COPY_DATA = b"d"
    COPY_DONE = b"c"
    COPY_FAIL = b"f"
    DESCRIBE = b"D"
    EXECUTE = b"E"
    FLUSH = b"H"
    FUNCTION_CALL = b"F"
    PARSE = b"P"
    PASSWORD = b"p"
    QUERY = b"Q"
    SYNC = b"S"
    TERMINATE = b"X"


class BackendMessage:
    """The types of the messages that a server sends."""

    AUTHENTICATION = b"R"
    BACKEND_KEY_DATA = b"K"
    BIND_COMPLETE = b"2"
    CLOSE_COMPLETE = b"3"
    COMMAND_COMPLETE = b"C"
    COPY_IN_RESPONSE = b"G"
    DATA_ROW = b"D"
    EMPTY_QUERY_RESPONSE = b"I"
    ERROR_RESPONSE = b"E"
    NO_DATA = b"n"
    NOTICE_RESPONSE = b"N"
    NOTIFICATION_RESPONSE = b"A"
    PARAMETER_DESCRIPTION = b"t"
    PARAMETER_STATUS = b"S"
    PARSE_COMPLETE = b"1"
    PORTAL_SUSPENDED = b"s"
    READY_FOR_QUERY = b"Z"
    ROW_DESCRIPTION = b"T"


class TransactionStatus:
    """What ReadyForQuery reports about the transaction."""

    IDLE = b"I"
    IN_TRANSACTION = b"T"
    FAILED = b"E"


class Named:
    """What Describe and Close name."""

    STATEMENT = b"S"
    PORTAL = b"P"


class ReportField:
    """The fields of ErrorResponse and NoticeResponse."""

    SEVERITY = "S"
    SQLSTATE = "C"
    MESSAGE = "M"
    DETAIL = "D"
    HINT = "H"
    POSITION = "P"
    FILE = "F"
    LINE = "L"
    ROUTINE = "R"


class StartupCode:
    """The first number of a message that opens a connection."""

    PROTOCOL_3_0 = 3 << 16
    CANCEL_REQUEST = 1234 << 16 | 5678
    SSL_REQUEST = 1234 << 16 | 5679
    GSSENC_REQUEST = 1234 << 16 | 5680


class EncryptionAnswer:
    """The byte that answers SSLRequest and GSSENCRequest."""

    ACCEPTED = b"S"
    REFUSED = b"N"


class AuthenticationCode:
    """What an Authentication message says."""

    OK = 0
    CLEARTEXT_PASSWORD = 3


SEVERITY_ERROR = "ERROR"
SEVERITY_FATAL = "FATAL"
SEVERITY_INFO = "INFO"

NO_ROW_LIMIT = struct.pack("!I", 0)
"""Execute with this limit returns all rows."""

NO_PARAMETER_TYPES = struct.pack("!H", 0)
"""Parse with this count leaves the parameter types open."""

ALL_TEXT_WITHOUT_PARAMETERS = struct.pack("!HHH", 0, 0, 0)
"""The end of a Bind: no parameter formats and no parameters, and no result formats, so every column is text."""
