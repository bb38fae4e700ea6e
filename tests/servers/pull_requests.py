"""A local stand-in for the comments of GitHub, GitLab and Azure, each at its own paths."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_GITHUB = re.compile(r"/repos/our/shop/issues/(?:7/comments|comments/(?P<key>\d+))")
_GITLAB = re.compile(r"/projects/41/merge_requests/7/notes(?:/(?P<key>\d+))?")
_AZURE = re.compile(
    r"/our%20shop/_apis/git/repositories/r-1/pullRequests/7/threads(?:/(?P<key>\d+)/comments/1)?"
)


class PullRequest:
    """A pull request with its comments, and a server that shows and takes them.

    `refusals` holds the statuses that the next requests get instead of an answer.
    """

    def __init__(self, *texts: str, token: str = "s3cret") -> None:
        self.comments = dict(enumerate(texts, 1))
        self.token = token
        self.refusals: list[int] = []
        self.calls: list[str] = []
        handler = type("Handler", (_Handler,), {"pull_request": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, key: int | None, text: str | None) -> Any:
        self.calls.append(f"{method} {path.partition('?')[0]}")
        if method == "POST":
            key = max(self.comments, default=0) + 1
        if method in ("POST", "PATCH", "PUT"):
            assert key is not None
            assert text is not None
            self.comments[key] = text
        elif method == "DELETE":
            assert key is not None
            del self.comments[key]
            return None
        else:
            page = re.search(r"[?&]page=(\d+)", path)
            first = 100 * (int(page[1]) - 1) if page else 0
            shown = sorted(self.comments.items())
            return shown[first : first + 100] if page else shown
        return {"id": key}


class _Handler(BaseHTTPRequestHandler):
    pull_request: PullRequest

    def log_message(self, *_: Any) -> None: ...

    def _answer(self) -> None:
        ours = self.pull_request
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = json.loads(body) if body else {}
        if ours.refusals:
            return self._send(ours.refusals.pop(0), {"message": "not now"})
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if ours.token not in (bearer, self.headers.get("PRIVATE-TOKEN")):
            return self._send(403, {"message": "Resource not accessible by integration"})
        for service, path in (("github", _GITHUB), ("gitlab", _GITLAB), ("azure", _AZURE)):
            found = path.fullmatch(self.path.partition("?")[0])
            if found is not None:
                key = int(found["key"]) if found["key"] else None
                text = given.get("body", given.get("content"))
                if "comments" in given:
                    text = given["comments"][0]["content"]
                answer = ours.answer(self.command, self.path, key, text)
                if isinstance(answer, list):
                    answer = _listed(service, answer)
                return self._send(204 if answer is None else 200, answer)
        return self._send(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

    def _send(self, status: int, answer: Any) -> None:
        body = b"" if status == 204 else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _listed(service: str, comments: list[tuple[int, str]]) -> Any:
    if service == "azure":
        threads = [{"id": key, "comments": [{"id": 1, "content": t}]} for key, t in comments]
        return {"value": [{"id": 0, "comments": []}, *threads], "count": len(threads) + 1}
    return [{"id": key, "body": text} for key, text in comments]
