"""gRPC: decodes calls, checks them and runs the implementations of RPCs."""
