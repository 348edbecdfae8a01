"""gRPC: from the bytes of a call to a service's function and back."""
