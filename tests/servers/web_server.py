"""What servers on aiohttp have in common: all requests go to one method."""

from __future__ import annotations

from aiohttp import web

from servers.loopback import LoopbackServer


class WebServer(LoopbackServer):
    """A web server on the loopback; `handle` is what a kind of server adds."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError

    async def serve(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await self.until_stopped(runner.addresses[0][1])
        await runner.cleanup()
