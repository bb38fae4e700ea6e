"""What every request over HTTP is written with: a URL, and paths into what comes back."""

import re
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`${NAME}` in a text: the value of an environment variable."""


def checked_url(url: str) -> str:
    """Return a URL of http or https, which may be a variable; refused where it holds a password, or
    its host is a template, which a case or a model would choose."""
    if VARIABLE.match(url):
        return url
    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    what, fix = None, None
    if address.scheme not in ("http", "https") or not address.netloc:
        what = "bad URL {given}"
        fix = None if "://" in url or not url else f"write http://{url.lstrip('/')}"
    elif "@" in address.netloc:
        what = "a user and a password in a URL"
        fix = 'write headers: {Authorization: "Basic ${NAME}"} instead'
    elif "{{" in address.netloc:
        what = "a host that a template fills in: {given}"
        fix = "write an entry for each host, or ${NAME} for the whole URL"
    if what is not None:
        context = {"given": repr(url), "expected": "http://… or https://…"}
        raise PydanticCustomError("url", what, {**context, **({"fix": fix} if fix else {})})
    return url


def checked_path(path: str | None) -> str | None:
    """Return a JMESPath expression if it is one."""
    if path is None:
        return None
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(path)
    except JMESPathError as error:
        context = {
            "given": repr(path),
            "problem": str(error).splitlines()[0].removeprefix("Invalid jmespath expression: "),
            "expected": "a JMESPath expression: a.b, items[0].text, steps[?kind=='tool']",
        }
        if path.startswith("$."):
            context["fix"] = f"write it without $, which JSONPath has: {path[2:]}"
        message = "bad JMESPath expression {given}: {problem}"
        raise PydanticCustomError("jmespath", message, context) from None
    return path
