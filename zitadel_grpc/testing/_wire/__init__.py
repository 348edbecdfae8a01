"""One TLS port that speaks HTTP/2 (for gRPC and OAuth) and HTTP/1.1, as ZITADEL does."""
