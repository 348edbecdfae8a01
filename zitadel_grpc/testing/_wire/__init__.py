"""One TLS port that speaks HTTP/2 (gRPC, and OAuth too) and HTTP/1.1, as ZITADEL's does."""
