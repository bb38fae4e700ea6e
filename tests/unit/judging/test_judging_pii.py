"""Personal data: what is found, what only looks like it, and the checksums behind it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.judging.detectors.pii import (
    ENTITIES,
    PiiRules,
    find_pii,
    is_card,
    is_iban,
    is_ssn,
    luhn,
)
from pytest_arena.schema.guardrail import Said


def found(text: str) -> list[tuple[str, str]]:
    return [(one.entity, text[one.start : one.end]) for one in find_pii(text)]


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("Write to jane.o'neil+x@mail.example.co.uk.", "email", "jane.o'neil+x@mail.example.co.uk"),
        ("请联系bob@corp.io谢谢", "email", "bob@corp.io"),
        ("bob@corp.io로 보내세요", "email", "bob@corp.io"),
        ("schreib jörg@bücher.de", "email", "jörg@bücher.de"),
        ("卡号4111111111111111的", "card", "4111111111111111"),
        ("账号DE89370400440532013000的", "iban", "DE89370400440532013000"),
        ("号码219-09-9999的", "ssn", "219-09-9999"),
        ("地址192.168.0.254的", "ip", "192.168.0.254"),
        ("电话+442079460958的", "phone", "+442079460958"),
        ("My card is 4111 1111 1111 1111, thanks", "card", "4111 1111 1111 1111"),
        ("amex 378282246310005", "card", "378282246310005"),
        ("IBAN DE89 3704 0044 0532 0130 00 at the bank", "iban", "DE89 3704 0044 0532 0130 00"),
        ("my iban is gb82west12345698765432", "iban", "gb82west12345698765432"),
        ("SSN 219-09-9999.", "ssn", "219-09-9999"),
        ("from 192.168.0.254, port 80", "ip", "192.168.0.254"),
        ("over 2001:db8::8a2e:370:7334 now", "ip", "2001:db8::8a2e:370:7334"),
        ("Ring +44 20 7946 0958 today", "phone", "+44 20 7946 0958"),
        ("(555) 123-4567 is ours", "phone", "(555) 123-4567"),
        ("call me at 78 651 450", "phone", "78 651 450"),
        ("699 956 915 office", "phone", "699 956 915"),
        ("Our support line: +44 20 7946 1234.", "phone", "+44 20 7946 1234"),
        ("Our support line: 020 7946 1234.", "phone", "020 7946 1234"),
        ("Customer: +1 415-555-2671", "phone", "+1 415-555-2671"),
        ("Customer: (415) 555-2671", "phone", "(415) 555-2671"),
        ("The member is +49 30 90337808", "phone", "+49 30 90337808"),
        ("phone for the order: +1 415-555-2671", "phone", "+1 415-555-2671"),
        ("WhatsApp account: +49 170 9033780", "phone", "+49 170 9033780"),
        ('{"customer": "+14155552671"}', "phone", "+14155552671"),
    ],
)
def test_personal_data_is_found(text: str, entity: str, value: str) -> None:
    assert found(text) == [(entity, value)]


@pytest.mark.parametrize(
    "text",
    [
        "The order number is 4111 1111 1111 1112.",
        "Version 10.20.30.400 and section 1.2.3.4.5 of it",
        "On 2024-05-17 and 17.05.2024, from 2019-2023",
        "Order number 555 123 4567, invoice 20240517",
        "Order number 14155552671, customer 555-123-4567, account 0044 20 7946 0958",
        "Case (2019) 1234567, line 123 4567 890, ticket id: 00123456789",
        "It costs $1,234,567.89 or 1.000.000 EUR",
        "GB82 WEST 1234 5698 7654 33 has a wrong checksum",
        "666-12-3456 and 000-12-3456 were never given out",
        "listen on 0.0.0.0 or ::, at 12:30:45",
        "user@host and @name, a@b",
        "1234567 people live there; 3.14159265 is pi",
        "the uuid 123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_what_only_looks_like_it_is_let_be(text: str) -> None:
    assert found(text) == []


def test_the_stronger_form_wins_where_two_could_be_meant() -> None:
    text = "Call us about card 4111-1111-1111-1111 or DE89370400440532013000."
    assert [entity for entity, _ in found(text)] == ["card", "iban"]


def test_only_the_entities_asked_for_are_reported() -> None:
    rules = PiiRules(entities=("email",))
    assert rules.look("Call +44 20 7946 0958", Said()).found is False
    look = rules.look("Write to jane@example.org", Said())
    assert (look.found, look.reason) == (
        True,
        "found personal data: 'e-mail address ja…rg'",
    )


@pytest.mark.parametrize("allowed", ["*@example.com", "HELP@example.com", "help@*"])
def test_allowed_texts_are_no_personal_data(allowed: str) -> None:
    assert PiiRules(allow=(allowed,)).look("Write to help@example.com", Said()).found is False


def test_an_allowed_number_may_be_written_with_other_separators() -> None:
    rules = PiiRules(allow=("+44 20 7946-0958",))
    assert rules.look("Ring +44-20-7946 0958", Said()).found is False
    assert rules.look("Ring +44-20-7946 0959", Said()).found is True


def luhn_digit(digits: str) -> str:
    return next(last for last in "0123456789" if luhn(digits + last))


@given(st.text("0123456789", min_size=15, max_size=15), st.integers(0, 14), st.integers(1, 9))
def test_luhn_sees_every_single_wrong_digit(digits: str, place: int, change: int) -> None:
    whole = digits + luhn_digit(digits)
    wrong = str((int(whole[place]) + change) % 10)
    assert luhn(whole)
    assert not luhn(whole[:place] + wrong + whole[place + 1 :])


@given(st.text("0123456789", min_size=18, max_size=18), st.integers(4, 21), st.integers(1, 9))
def test_an_iban_with_one_wrong_digit_is_none(account: str, place: int, change: int) -> None:
    rest = int("".join(str(int(c, 36)) for c in account + "DE00"))
    iban = f"DE{98 - rest % 97:02}{account}"
    assert is_iban(iban)
    wrong = str((int(iban[place]) + change) % 10)
    assert not is_iban(iban[:place] + wrong + iban[place + 1 :])


@given(st.text(max_size=300))
def test_any_text_can_be_searched_and_spans_do_not_overlap(text: str) -> None:
    spans = [(one.start, one.end) for one in find_pii(text)]
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_numbers_of_no_issuer_are_no_cards_unless_a_card_is_spoken_of() -> None:
    assert not is_card("1000000000000008")
    assert is_card("1000000000000008", any_issuer=True)
    assert found("the id 1000000000000008") == []
    assert found("my card 1000000000000008") == [("card", "1000000000000008")]


def test_checks_refuse_other_texts() -> None:
    assert not is_iban("XX00")
    assert not is_ssn("900-12-3456")
    assert len(ENTITIES) == 6


@pytest.mark.parametrize(
    "text",
    [
        "4111\u00a01111\u202f1111\u20071111",
        "4111\u20111111\u20131111-1111",
        "4111  1111  1111  1111",
        "4111 1111\n1111 1111",
        "bo\u00adb\u200b@corp.io",
        "ｂｏｂ＠corp.io",
        "123\u201145\u20116789",
        "DE89\u202f3704\u202f0044\u202f0532\u202f0130\u202f00",
    ],
)
def test_typography_hides_nothing_and_spans_are_of_the_original(text: str) -> None:
    (found,) = find_pii(f"“so: {text}”")
    assert f"“so: {text}”"[found.start : found.end] == text


def test_a_column_of_numbers_is_no_card() -> None:
    assert find_pii("4111\n1111\n1111\n1111") == []


@pytest.mark.parametrize(
    "address",
    [
        "bob [at] corp [dot] io",
        "bob(at)corp(dot)co(dot)uk",
        "jane.doe {at} corp {dot} io",
        "o'neil+news <at> corp <dot> io",
        "bob [at] corp.io",
        "BOB AT CORP DOT IO",
        "jane dot doe at gmail dot com",
        "bob_at_corp_dot_io",
        "bob@corp[.]io",
        "bob[@]corp dot io",
        "bob @ corp . io",
        "bob(a)corp.io",
        "bob (a) corp.io",
        "b.smith (A) corp.com",
        "bob [a] corp dot io",
        "max.muster (ä) firma.de",
        "bob (æ) firma.dk",
        "bob (arroba) corp (punto) com",
        "bob%40corp.io",
        "bob%2540corp.io",
        "bob&#64;corp.io",
        "bob&#x40;corp&period;io",
        "bob&commat;corp.io",
        r"bob\u0040corp.io",
        r"bob\@corp.io",
        "bob\uff20corp\uff0eio",
        "bob\ufe6bcorp\u2024io",
        "иван@почта.рф",
    ],
)
def test_an_address_is_found_however_its_signs_are_written(address: str) -> None:
    for text in (address, f"“Write to {address}, please.”"):
        assert found(text) == [("email", address)]


@pytest.mark.parametrize(
    "text",
    [
        "look [at] this [dot]",
        "look at this dot com boom",
        "Look at the dot in the picture.",
        "She worked at amazon dot com in 1999",
        "Visit us at shop dot com, or meet me @ node.js",
        "It is available (at) example.com",
        "Contact support at example.com",
        "updated_at_field.name = created_at_time.now()",
        "50%20off and 20%40 sale, &amp; &lt; 100%",
        "git@host dot is odd",
        # letters of a list, calls, tags
        "Choose (a) node.io or (b) deno.land",
        "Clause (a) amazon.com sells books, as it says.",
        "sum(a) b.co, x[a] y.io and map{a} x.dev",
        "a link <a>corp.io</a>",
        "Answer (a) it is good.",
    ],
)
def test_words_between_which_at_and_dot_stand_by_chance_are_no_address(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("4111%201111%201111%201111", "card"),
        ("DE89&nbsp;3704&nbsp;0044&nbsp;0532&nbsp;0130&nbsp;00", "iban"),
        ("&#50;19-09-9999", "ssn"),
        ("%2B44%2020%207946%200958", "phone"),
    ],
)
def test_escapes_hide_no_number_and_spans_are_of_the_original(text: str, entity: str) -> None:
    assert found(f"é: {text}") == [(entity, text)]


@pytest.mark.parametrize(
    "address", ["help [at] example [dot] com", "help&#64;example.com", "help@example[.]com"]
)
def test_an_allowed_address_may_be_written_otherwise(address: str) -> None:
    rules = PiiRules(allow=("*@example.com",))
    assert rules.look(f"Write to {address}", Said()).found is False
    assert rules.look(f"Write to {address}.org", Said()).found is True
