"""What `zitadel_grpc.errors` is built on: error ids, details, hints, redaction.

Nothing here imports the exception classes: the functions take values (a code, a text, an error id, …).
"""
