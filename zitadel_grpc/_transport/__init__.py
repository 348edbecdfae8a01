"""How calls reach the server.

Where is the token attached? In `metadata.with_token`, which `aio_call` and `sync_call` call for each attempt:
the clients send the cached token as plain metadata. For streaming methods, and for channels that the user
creates, gRPC's plugin attaches it, in `plugin.ZitadelAuthPlugin.__call__`.

Why was a call sent again? See `flow`.

    base_channel           what the channels and methods of both clients share
    aio_channel, aio_call, aio_stream, aio_connection         the async client
    sync_channel, sync_call, sync_future, sync_connection     the synchronous client
    flow, failures, never_executed                            what happens after a failure
    arguments, requests, metadata, interceptors               checks of what is sent
    target, channels, channel_pool, forking                   servers and connections
    plugin, secure_channel, streams, traced                   the plugin, streams, spans
"""
