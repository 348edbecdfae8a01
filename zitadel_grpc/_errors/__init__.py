"""What the exceptions of `zitadel_grpc.errors` are made with: hints, details, texts without secrets."""
