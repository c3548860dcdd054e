"""One thread that does the work of all requests, and a bounded queue in front of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

Result = TypeVar("Result")

RETRY_AFTER = 2  # seconds


class Worker:
    """Does the work of one request at a time.

    Parameters
    ----------
    waiting : int
        How many other requests may wait.
    """

    def __init__(self, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="featfer-serving")
        self._waiting = waiting
        self._tasks: set[asyncio.Future[Any]] = set()

    async def admit(self, answer: Callable[[], Awaitable[Result]]) -> Result:
        """Answer a request, unless too many are waiting.

        Parameters
        ----------
        answer : coroutine function
            Without arguments; its result is returned.

        Raises
        ------
        HTTPException
            503 when too many requests are waiting, or the server ends.
        """
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

    async def run(self, request: Request, seconds: float, work: Callable[..., Result], *args: Any) -> Result:
        """Do work in the thread, and return its result.

        Parameters
        ----------
        request : fastapi.Request
        seconds : float
            How long to wait, in the queue and for the work.
        work : callable
            Called with `args` and `stopped`. stopped() is true once nobody waits for the result; work that has begun must ask
            it to end early.

        Raises
        ------
        HTTPException
            504 when it takes too long.
        ClientDisconnect
            When the client has gone.
        """
        stop = threading.Event()
        future = asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args, stop.is_set))
        gone = asyncio.ensure_future(_wait_for_disconnection(request))
        awaited: set[asyncio.Future[Any]] = {future, gone}
        try:
            done, _ = await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            gone.cancel()
            future.cancel()  # takes it out of the queue if it has not begun
        if future in done:
            return future.result()
        if gone in done:
            raise ClientDisconnect
        raise HTTPException(504, f"the photos took longer than {seconds:g} s: send fewer or smaller ones")

    def end(self) -> None:
        """Give up all requests and the thread."""
        for task in self._tasks:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _wait_for_disconnection(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
