"""One thread for the work of all requests, and a bounded number of places to wait for it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from fastapi import HTTPException
from starlette.requests import ClientDisconnect

RETRY_AFTER = 2  # seconds


class Worker:
    """Does one request's work at a time; waiting: how many others may stand in line."""

    def __init__(self, waiting):
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="featfer-serving")
        self._waiting, self._tasks = waiting, set()

    async def admit(self, answer):
        """Return what answer(), a coroutine function, does, from one of the places; raise HTTPException 503 when all are
        taken, or the server ends."""
        if len(self._tasks) > self._waiting:
            raise HTTPException(503, f"too many requests are waiting: try again in {RETRY_AFTER} s",
                                {"Retry-After": str(RETRY_AFTER)})
        task = asyncio.ensure_future(answer())
        self._tasks.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._tasks.discard(task)
            task.cancel()
        if task.cancelled():
            raise HTTPException(503, "the server is ending")
        return task.result()

    async def run(self, request, seconds, work, *args):
        """Return work(*args, stopped) as done in the thread; stopped() turns true once nobody waits for it any more.

        Raises HTTPException 504 when it is not done within so many seconds, waiting included, ClientDisconnect when the client
        has gone. Work that has begun cannot be taken back: it ends by asking stopped().
        """
        stop = threading.Event()
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, *args, stop.is_set)
        gone = asyncio.ensure_future(_disconnection(request))
        try:
            done, _ = await asyncio.wait({future, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            gone.cancel()
            future.cancel()  # takes it out of the line where it has not begun
        if future in done:
            return future.result()
        if gone in done:
            raise ClientDisconnect
        raise HTTPException(504, f"the photos took longer than {seconds:g} s: send fewer or smaller ones")

    def end(self):
        """Give up all requests and let go of the thread."""
        for task in self._tasks:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _disconnection(request):
    while (await request.receive())["type"] != "http.disconnect":
        pass
