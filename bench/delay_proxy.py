"""`python -m bench.delay_proxy PORT MILLISECONDS`: a line to a port of this machine that takes its time, each way.

It writes the port that it listens on. Bytes are held back, never slowed: what matters is the round trip.
"""

import asyncio
import sys

PIECE = 64 * 1024


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Everything that comes goes on `delay` seconds later."""
    clock = asyncio.get_running_loop().time
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def leave() -> None:
        while True:
            due, data = await on_the_way.get()
            await asyncio.sleep(due - clock())
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    leaving = asyncio.create_task(leave())
    try:
        while data := await reader.read(PIECE):
            on_the_way.put_nowait((clock() + delay, data))
    except ConnectionError:
        data = b""
    on_the_way.put_nowait((clock() + delay, b""))
    await asyncio.gather(leaving, return_exceptions=True)


async def serve(port: int, delay: float) -> None:
    """Until it is ended."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, far_writer, delay), pass_on(far_reader, writer, delay))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
