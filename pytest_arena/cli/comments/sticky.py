"""One comment for one report, however often it is written."""

from __future__ import annotations

from pytest_arena.cli.comments.service import CommentService

_CUT = "\n\n… the rest did not fit into a comment.\n"


async def put(service: CommentService, marker: str, text: str) -> str:
    """Write a report as the comment that begins with its marker; say what became of it.

    Of several such comments, as two jobs at once may leave them, the first is kept.
    """
    body = cut(f"{marker}\n{text}", service.longest)
    async with service.connect() as web:
        every = await service.comments(web)
        own = [comment for comment in every if _first_line(comment.text) == marker]
        for doubled in own[1:]:
            await service.delete(web, doubled.key)
        if not own:
            await service.create(web, body)
            return "written"
        if own[0].text == body:
            return "left as it was"
        await service.update(web, own[0].key, body)
        return "brought up to date"


def cut(text: str, longest: int) -> str:
    """Cut a text at the end of a line where it is longer than a comment may be."""
    if len(text) <= longest:
        return text
    kept = text[: longest - len(_CUT)].rpartition("\n")[0]
    return (kept or text[: longest - len(_CUT)]) + _CUT


def _first_line(text: str) -> str:
    return text.lstrip().partition("\n")[0].rstrip()
