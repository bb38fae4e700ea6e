"""The offline tone scorer: cues, verdicts, and what it says it cannot tell."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.judging.tone import TONES, VERSION
from pytest_arena.judging.tone.analysis import CUES, read
from pytest_arena.judging.tone.judgement import judge_mood, judge_tone
from pytest_arena.judging.tone.masking import mask
from pytest_arena.judging.tone.phrases import Phrases
from pytest_arena.judging.tone.tokens import tokenize
from pytest_arena.judging.tone.weights import FILE, load

REPLY = "Thank you for contacting us. I have reviewed your account and issued the refund."
RUDE = "Oh great, another genius who cannot read. Not our problem."


def cues_of(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cue in read(text).cues:
        found.setdefault(cue.name, []).append(text[cue.start : cue.end])
    return found


@pytest.mark.parametrize(
    ("tone", "text"),
    [
        ("professional", REPLY),
        ("professional", "The update will be installed tonight. No action is required."),
        ("polite", "Could you please send me the form? Thank you very much."),
        ("formal", "Applicants must submit the required documentation prior to the deadline."),
        ("casual", "yeah just grab the file n ur good lol"),
        ("friendly", "Hi Anna! Great to hear from you, hope you have a wonderful day!"),
        ("empathetic", "That sounds really hard, and I am so sorry you are going through this."),
        ("apologetic", "We apologise for the delay. The mistake was ours."),
        ("neutral", "The bus stops in front of the library every twenty minutes."),
        ("positive", "What a beautiful result, the team did a brilliant job and I love it!"),
        ("negative", "This is the worst, most stupid service, and I hate it."),
    ],
)
def test_a_clear_case_of_a_tone_has_it(tone: str, text: str) -> None:
    found = judge_tone(text, tone)
    assert (found.answer, found.obstacle) == ("yes", None)
    assert found.score is not None
    assert 0.7 <= found.score <= 1


@pytest.mark.parametrize(
    ("tone", "text"),
    [
        ("professional", RUDE),
        ("professional", "yo just reboot it and ur good lol"),
        ("polite", "Shut up and wait your turn, you idiot."),
        ("formal", "Yeah, that's not gonna work, dude."),
        ("casual", "Pursuant to section 12, the tenant is required to notify the landlord."),
        ("friendly", RUDE),
        ("apologetic", "The parcel left our warehouse this morning."),
        ("neutral", "I love this so much, it is amazing!"),
        ("positive", "I hate this horrible, disgusting mess."),
        ("negative", "Thank you so much, this is wonderful."),
    ],
)
def test_a_clear_case_against_a_tone_has_it_not(tone: str, text: str) -> None:
    found = judge_tone(text, tone)
    assert found.answer == "no"
    assert found.score is not None
    assert 0 <= found.score <= 0.3


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("Done", "the answer is too short: one word"),
        ("🎉🎉", "the answer has no words"),
        ("42 17", "the answer has no words"),
        ('"Thank you so much."', "the answer is too short: little but a quotation"),
        ("```python\nprint('idiot')\n```", "the answer is code or data, and little else"),
        ('{"name": "Ada",\n"age": 36}', "the answer is code or data, and little else"),
        (
            "for x in y:\n    z = x + 1\n    print(z);",
            "the answer is code or data, and little else",
        ),
        (
            "Vielen Dank für Ihre Nachricht, wir melden uns in Kürze bei Ihnen.",
            "the answer does not read as English: hardly any common English word is in it",
        ),
        (
            "Merci pour votre message, nous vous répondrons dans les plus brefs délais.",
            "the answer does not read as English: hardly any common English word is in it",
        ),
        ("Gracias por su mensaje", "the answer is too short to tell that it is English"),
        ("感谢您的来信。", "the answer is not English: most letters are Cjk"),
        ("Спасибо за ваше сообщение", "the answer is not English: most letters are Cyrillic"),
    ],
)
def test_what_cannot_be_judged_is_unsure_and_says_why(text: str, obstacle: str) -> None:
    for tone in TONES:
        found = judge_tone(text, tone)
        assert (found.answer, found.score, found.evidence) == ("unsure", None, obstacle)
    assert judge_mood(text).doubt == obstacle


def test_a_verdict_names_the_cues_and_where_they_stand() -> None:
    found = judge_tone(REPLY, "professional")
    assert found.evidence == (
        "for: thanks 'Thank you', acknowledgement 'for contacting', formal word 'reviewed'"
    )
    assert [REPLY[d.start : d.end] for d in found.drivers][:2] == ["Thank you", "for contacting"]
    assert "dismissive 'Not our problem'" in judge_tone(RUDE, "professional").evidence


@pytest.mark.parametrize(
    ("text", "cue", "there"),
    [
        ("I am sorry about that.", "apology", True),
        ("I am not sorry about that.", "apology", False),
        ("We're so very sorry.", "apology", True),
        ("I am so\u00adr\u200bry about that.", "apology", True),
        ("Don`t hesitate to write.", "indirect_request", True),
        ("Don´t hesitate to write.", "indirect_request", True),
        ("That is not great.", "warm_word", False),
        ("Do not hesitate to write.", "indirect_request", True),
        ("Don't hesitate to write.", "indirect_request", True),
        ("It is n't my problem, is it? It is not my problem.", "dismissive", True),
        ("Please note the message and the scratch.", "slang", False),
        ("The class passed the assessment.", "profanity", False),
        ("Well, that was a load of bullshit.", "profanity", True),
        ("whatever works for you is fine.", "dismissive", True),
        ("Take whatever you need.", "dismissive", False),
    ],
)
def test_a_cue_is_found_where_it_means_what_it_says(text: str, cue: str, there: bool) -> None:
    assert (cue in cues_of(text)) is there


@pytest.mark.parametrize(
    "covered",
    [
        'The page said "you stupid idiot" in red.',
        "The page said “you stupid idiot” in red.",
        "> you stupid idiot\n\nThat was in the mail.",
        "Run `stupid idiot` in the shell.",
        "```\nstupid idiot\n```\nThat is what the file holds.",
        "See https://example.org/stupid-idiot for the rest of it.",
        "| stupid | idiot |\nThe table has two columns.",
    ],
)
def test_other_peoples_words_and_code_are_no_cues(covered: str) -> None:
    assert "insult" not in cues_of(covered)
    assert "insult" in cues_of("You stupid idiot, that is in the mail.")


def test_emojis_and_shouting_are_marks_with_places() -> None:
    found = cues_of("GREAT news!! 🎉 sooo happy :)")
    assert found["emoji"] == ["🎉"]
    assert found["emoticon"] == [":)"]
    assert found["elongated"] == ["sooo"]
    assert found["repeated_marks"] == ["!!"]
    assert found["capitals_word"] == ["GREAT"]
    assert "capitals_word" not in cues_of("The API returns JSON over HTTPS.")


def test_contractions_are_read_in_full_and_keep_their_place() -> None:
    text = "I don't think we're late; can’t say."
    tokens = tokenize(text.replace("’", "'"))
    assert tokens.texts[1:-1] == [
        *["i", "do", "not", "think", "we", "are", "late", "."],
        *["can", "not", "say"],
    ]
    assert cues_of(text)["contraction"] == ["don't", "we're", "can’t"]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("thank|thanks you?", "thanks a lot", "thanks"),
        ("i am _2 sorry", "i am so very sorry", "i am so very sorry"),
        ("i am _2 sorry", "i am so very deeply sorry", None),
        ("i am _2 sorry", "i am not sorry", None),
        ("a _ b", "a b", None),
        ("a _ b", "a c b", "a c b"),
        ("^ oh", "oh no", "oh"),
        ("^ oh", "no oh", None),
        ("fine $", "that is fine", "fine"),
        ("fine $", "fine by me", None),
        ("apolog* for", "apologies for this", "apologies for"),
        ("one two", "one. two", None),
    ],
)
def test_the_language_of_phrases(phrase: str, text: str, found: str | None) -> None:
    tokens = tokenize(text)
    hits = Phrases({"cue": phrase}).find(tokens.texts)
    spans = [text[tokens.spans[hit.first][0] : tokens.spans[hit.last][1]] for hit in hits]
    assert spans == ([] if found is None else [found])


def test_a_phrase_must_begin_with_a_word() -> None:
    with pytest.raises(ValueError, match="cue: '_ you' must begin with words"):
        Phrases({"cue": "_ you"})


def test_one_rude_part_of_a_long_polite_answer_is_seen() -> None:
    polite = "Thank you for your message. I have reviewed the account. " * 4
    assert judge_tone(polite, "professional").answer == "yes"
    assert judge_tone(polite + "You are a stupid idiot. Shut up.", "professional").answer != "yes"


def test_sentiment_goes_from_bad_to_good_and_knows_negation() -> None:
    values = [
        judge_mood(text).value
        for text in (
            "I hate this, it is horrible and disgusting.",
            "This is not good.",
            "The bus leaves at eight.",
            "This is good.",
            "I love this, it is wonderful and amazing!",
        )
    ]
    assert values == sorted(values)
    assert values[0] < -0.5
    assert values[-1] > 0.5
    doubt = judge_mood("Thank you for yet another great, wonderful, lovely idea.").doubt
    assert doubt == "kind words stand beside unkind phrases, as in sarcasm"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(TONES))
def test_any_text_gets_the_same_judgement_twice(text: str, tone: str) -> None:
    found = judge_tone(text, tone)
    assert found == judge_tone(text, tone)
    assert (found.score is None) == (found.obstacle is not None)
    if found.score is not None:
        sides = {"yes": (0.7, 1.0), "no": (0.0, 0.3), "unsure": (0.3, 0.7)}
        low, high = sides[found.answer]
        assert low <= found.score <= high
    assert -1 <= judge_mood(text).value <= 1
    for driver in found.drivers:
        assert " ".join(text[driver.start : driver.end].split()) == driver.text


def test_every_weight_is_of_a_feature_and_the_version_counts_their_changes() -> None:
    features = set(read("Hello there.").whole.features)
    for model in load().models.values():
        assert set(model.weights) <= features
        assert model.weights
    assert set(CUES) < features
    lists = sorted(FILE.with_name("cues").glob("*.txt"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (FILE, *lists))).hexdigest()
    assert (VERSION, digest[:16]) == (3, "21e1ba8604fde7c5"), (
        "count VERSION up, and put the digest here"
    )


EMAILS = Path(__file__).parents[3] / "benchmarks" / "tone" / "emails.tsv"


@pytest.mark.parametrize(
    ("part", "polite_share"),
    [
        ("rules", 0.8),
        ("before", 0.9),
        ("after", 0.8),
        ("second", 0.6),
        ("third", 0.7),
        ("fourth", 0.4),
        ("fitted", 0.4),
        ("held", 0.35),
    ],
)
def test_contempt_in_formal_words_is_hardly_ever_professional(
    part: str, polite_share: float
) -> None:
    lines = EMAILS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    passed: dict[str, list[bool]] = {"rude": [], "polite": []}
    for kind, own_part, text in rows:
        if own_part == part:
            passed[kind].append(judge_tone(text, "professional").answer == "yes")
    assert sum(passed["rude"]) <= 0.15 * len(passed["rude"])
    assert sum(passed["polite"]) >= polite_share * len(passed["polite"])


@pytest.mark.parametrize(
    ("scornful", "honest"),
    [
        (
            "What an impressive launch. Once again, nobody can sign in.",
            "The launch was impressive. Since this morning, all customers can sign in.",
        ),
        (
            "Many thanks for your generous offer. I had no idea that paper was made of gold.",
            "Many thanks for your generous offer. We will discuss it at the meeting on Monday.",
        ),
        (
            "Please leave the numbers to those of us who can read them.",
            "Please leave the numbers with Anna, and we will add them to the report.",
        ),
        (
            "I am sure that the auditors will be delighted by your imagination.",
            "I am sure that the auditors will need the receipts, so please send them by Friday.",
        ),
    ],
)
def test_the_same_courtesy_is_suspect_beside_scorn_and_professional_without(
    scornful: str, honest: str
) -> None:
    found = judge_tone(scornful, "professional")
    assert found.answer == "unsure"
    assert "against: " in found.evidence
    assert judge_tone(honest, "professional").answer == "yes"


def test_one_scornful_remark_in_a_long_letter_is_seen() -> None:
    letter = (
        "Thank you for your message of Monday. We have received the documents, and the contract "
        "was sent to you this morning. Please return a signed copy by Friday. {} The invoice "
        "follows at the end of the month. Please let me know if you have any questions."
    )
    honest = letter.format("Our office will be closed on Thursday.")
    scornful = letter.format("It is remarkable how little you have understood of what you signed.")
    assert judge_tone(honest, "professional").answer == "yes"
    assert judge_tone(scornful, "professional").answer != "yes"


@pytest.mark.parametrize(
    "text",
    [
        "The manual is wrong on page 14. The switch has to be off before the cover is removed.",
        "The label on the second box is wrong. The correct number is 4471.",
    ],
)
def test_plain_words_without_a_trace_of_contempt_need_no_courtesy(text: str) -> None:
    assert judge_tone(text, "professional").answer == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "Dear Mr. Hale, your conclusions, if they deserve the name, rest on nothing of substance.",
        "We do hope that the answer is simple enough for you this time.",
        "If you were able to read a calendar, you would know when the office is open.",
        "Thank you for your ninth message today. We do have other customers.",
        "Dear Ms. Lee, the errors were found. The report was sent back to your desk. Regards",
    ],
)
def test_formal_words_do_not_make_contempt_professional(text: str) -> None:
    assert judge_tone(text, "professional").answer != "yes"


def test_a_letter_with_good_will_in_it_is_professional() -> None:
    text = "Dear Ms. Lee, I found two errors and would be glad to go through them with you."
    assert judge_tone(text, "professional").answer == "yes"


def test_an_address_is_covered_with_the_piece_that_it_stands_in() -> None:
    plain, has_code = mask("Write to <ann@a.example.org>, or to @ann, or a@b.")
    assert (plain.split(), has_code) == (
        ["Write", "to", ">,", "or", "to", "@ann,", "or", "a@b."],
        False,
    )
