"""A client that waits for the reply to each command, as the stock ones do: aiosmtplib.

Runs in the virtual environment of the rivals. It keeps its connections and has no queue.
"""

import argparse
import asyncio
import importlib

from tools.bench.mail import TEXT

CONTENT = f"Subject: x\r\n\r\n{TEXT}".encode()


async def send(port: int, mails: int) -> None:
    """Sends so many mails over one connection."""
    client = importlib.import_module("aiosmtplib").SMTP(
        hostname="127.0.0.1", port=port, use_tls=False, start_tls=False
    )
    await client.connect()
    for _ in range(mails):
        await client.sendmail("post@house.test", ["kim@contoso.test"], CONTENT)
    await client.quit()


async def send_all(port: int, mails: int, connections: int) -> None:
    """Shares the mails out evenly."""
    await asyncio.gather(*(send(port, mails // connections) for _ in range(connections)))


def main() -> None:
    """Sends what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.one_command_client")
    for name in ("--port", "--mails", "--connections"):
        parser.add_argument(name, type=int, required=True)
    options = parser.parse_args()
    asyncio.run(send_all(options.port, options.mails, options.connections))


if __name__ == "__main__":
    main()
