"""Which texts have a format of JSON Schema, and that each format is checked."""

from __future__ import annotations

import pytest

from pytest_arena.json_schema import check_schema, mismatches
from pytest_arena.json_schema.formats import known_formats

HAVE = {
    "email": ["a@b.de", "a.b+c@x-y.co.uk"],
    "idn-email": ["ü@bücher.de"],
    "date": ["2026-02-28", "2024-02-29"],
    "time": ["12:00:00Z", "23:59:60Z", "08:30:06.28+02:00"],
    "date-time": ["2026-01-01T00:00:00Z", "2026-01-01t00:00:00.5z", "2026-01-01T00:00:00-08:00"],
    "duration": ["P1Y", "P3DT4H", "PT5M", "P2W"],
    "uri": ["http://a.b/c?d#e", "mailto:a@b.de", "urn:isbn:0", "http://[::1]/", "tel:+1-816"],
    "uri-reference": ["/a/b", "a/b?c", "#x", "", "//h/p"],
    "iri": ["http://ü.de/ä"],
    "iri-reference": ["/ä"],
    "uri-template": ["http://x/{id}{?q,r*}"],
    "uuid": ["12345678-1234-1234-1234-123456789abc"],
    "ipv4": ["1.2.3.4"],
    "ipv6": ["::1"],
    "hostname": ["a.b-c.de", "localhost"],
    "idn-hostname": ["bücher.de"],
    "json-pointer": ["", "/a/b~0"],
    "relative-json-pointer": ["0#", "1/a"],
    "regex": ["a+"],
    "int32": [2**31 - 1, "text"],
    "int64": [-(2**63)],
}
LACK = {
    "email": ["not-mail", "a@", "@b.de", "a@b@c.de", "a b@c.de", ".a@b.de", "a..b@c.de", "a@b"],
    "idn-email": ["ü", "ü@x"],
    "date": ["2026-13-45", "20260101", "2026-02-30", "2026-W01-1", "２０２６-01-01"],
    "time": ["12:00:00", "25:00:00Z", "12:00Z", "12:61:00Z"],
    "date-time": ["yesterday", "2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00"],
    "duration": ["1 day", "P", "PT", "P1", "P1H"],
    "uri": ["example.com", "/a", "not a uri", "http://a b", "http://x/ü"],
    "uri-reference": ["a b", "\\x"],
    "iri": ["nope"],
    "iri-reference": ["ä b"],
    "uri-template": ["{a", "a b"],
    "uuid": ["123", "12345678123412341234123456789012", "{12345678-1234-1234-1234-123456789abc}"],
    "ipv4": ["256.1.1.1", "1.2.3", "1.2.3.04"],
    "ipv6": ["1", "12345::", "fe80::1%eth0"],
    "hostname": ["-a.de", "a..b", "a_b.de", "a" * 64],
    "idn-hostname": ["a..b"],
    "json-pointer": ["a", "/~2"],
    "relative-json-pointer": ["-1", "01"],
    "regex": ["(a"],
    "int32": [2**31],
    "int64": [2**63],
}


@pytest.mark.parametrize("name", sorted(known_formats()))
def test_a_format_tells_texts_apart(name: str) -> None:
    holds = known_formats()[name]
    assert [value for value in HAVE.get(name, []) if not holds(value)] == []
    assert [value for value in LACK.get(name, []) if holds(value)] == []


@pytest.mark.parametrize("name", sorted(LACK))
def test_a_schema_checks_its_formats(name: str) -> None:
    schema = check_schema({"properties": {"x": {"format": name}}})
    assert mismatches({"x": LACK[name][0]}, schema) is not None
    assert mismatches({"x": HAVE[name][0]}, schema) is None
