"""The emulator in its own process. On exit it prints the times of the token requests."""

import asyncio
import json
import signal
import sys
import time

from zitadel_grpc.testing import Emulator

_POLL_EVERY = 0.01  # seconds


async def serve(token_lifetime: float) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Emulator(token_lifetime=token_lifetime) as zitadel:
        info = {
            "url": zitadel.url,
            "ca": zitadel.root_certificates.decode(),
            "key_file": zitadel.key_file,
            "pat": zitadel.pat,
        }
        print(json.dumps(info), flush=True)
        asked_at: list[float] = []
        while not stop.is_set():
            asked_at += [time.monotonic()] * (zitadel.token_requests - len(asked_at))
            await asyncio.sleep(_POLL_EVERY)
    print(json.dumps(asked_at))


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
