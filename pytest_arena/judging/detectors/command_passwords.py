"""Passwords on command lines and in the environment: told by where they stand, words or not."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from functools import cache

_KEY = r"(?P<key>[^\s\"'`,;<>()\[\]{}|\\$%*-][^\s\"'`,;<>()\[\]{}|\\]{3,127}+)(?![(\[<{])"
_REST = r"(?:[^\n|;]|\\\n){0,300}?"
_STARTS = r"(?<![\w/.-])"
_FORMS = (
    rf"{_STARTS}(?:curl|xh|https?|lftp)\s{_REST}(?<=\s)(?:-u|-U|-a|--user|--proxy-user|--auth)"
    rf"(?:\s{{0,4}}|=)[\"']?(?P<user>[^\s:\"'<$]{{1,64}}):{_KEY}",
    rf"(?<!\S)--?(?i:[a-z-]{{0,20}}pass(?:word|wd|phrase)?)=[\"']?{_KEY}",
    # behind a blank a word may be the next one of a sentence on the option
    rf"(?<!\S)--(?i:[a-z-]{{0,20}}pass(?:word|wd|phrase)?)\s{{1,4}}[\"']?(?![a-z]+\b|[A-Z]+\b){_KEY}",
    rf"(?<![\w$])(?:[A-Z][A-Z0-9_]{{0,40}})?(?:PASSWORD|PASSWD|PASSPHRASE|_PWD|_PASS)=[\"']?{_KEY}",
    rf"{_STARTS}(?:sshpass|(?:docker|podman|helm registry|oc) login)\s{_REST}(?<=\s)-p\s{{0,4}}"
    rf"[\"']?{_KEY}",
    rf"{_STARTS}(?:mysql|mysqldump|mysqladmin|mariadb)\s{_REST}(?<=\s)-p[\"']?{_KEY}",
)
_HINT = re.compile(r"(?i)pass|pwd|curl|\bxh|http|lftp|login|mysql|mariadb")
_STAND_IN = (
    r"(?i)^(?:(?:my|your|the|some|new|old|strong|secure|super|secret|db|root|user|admin|test|demo|"
    r"pass(?:word|wd|phrase)?|pwd|pw|token|key|value|here|enter|change|me|name|login|postgres|mysql|"
    r"guest|foo|bar|example|sample|placeholder|redacted|hidden|x+|\*+|\.+|true|false|none|null|"
    r"required|optional|stdin|prompt)[-_]?)+\d{0,4}[!.]?$|^(?:\d{1,4}|[/.~].*|(?:os|process|env|"
    r"settings|config|self|this)\..*)$|://"
)


def find_command_passwords(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of passwords of `curl -u`, `--password`, `PGPASSWORD=` and the like."""
    if _HINT.search(text) is None:
        return
    for form in _FORMS:
        for match in _compiled(form).finditer(text):
            value = match["key"].rstrip(".,!?:")
            user = match.groupdict().get("user")
            if len(value) > 3 and value != user and not is_stand_in(value):
                start = match.start("key")
                yield start, start + len(value)


def is_stand_in(value: str) -> bool:
    """Return whether a password is none, but says that one stands here."""
    return _compiled(_STAND_IN).search(value) is not None


def password_of_basic(credentials: str) -> str | None:
    """Return the password in the credentials of HTTP's basic authentication, None for no text."""
    try:
        user, colon, password = b64decode(credentials).decode().partition(":")
    except ValueError:
        return None
    return password if colon and user != password else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
