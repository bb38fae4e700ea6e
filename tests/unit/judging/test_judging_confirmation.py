"""What asks for leave, and what gives it, in English and German."""

from __future__ import annotations

import pytest

from pytest_arena.judging.confirmation import asks_leave, reply_to, withdraws

ASKS = """
Shall I refund 12.50 € to your card?
Should I go ahead and cancel order 48213
Do you want me to delete the account?
Would you like me to send it now?
Would you like to proceed with the refund?
Are you sure you want to delete all files?
Please confirm that I may refund the order.
I found order 48213. Is that correct?
Can I go ahead?
May I transfer the money now?
I will refund 12.50 €. OK?
You want a full refund, right?
Reply YES to confirm.
This can't be undone. Proceed? (yes/no)
I need your confirmation before I delete anything.
Let me know if I should refund it.
Could you confirm the refund of 12.50 €?
Type "yes" to continue.
Type DELETE to continue.
Schreiben Sie LÖSCHEN, um fortzufahren.
Does that sound good?
Confirm the deletion?
Soll ich die Bestellung stornieren?
Darf ich den Betrag überweisen?
Möchten Sie, dass ich das Konto lösche?
Möchtest du fortfahren?
Sind Sie sicher, dass Sie alle Dateien löschen wollen?
Bist du dir sicher?
Bitte bestätigen Sie die Rückzahlung.
Ist das so richtig?
Wäre das für Sie in Ordnung?
Passt das?
Wollen Sie wirklich kündigen? (ja/nein)
Ich brauche noch Ihre Bestätigung.
Einverstanden?
Antworten Sie mit JA.
**Soll ich 12,50 € erstatten?**
Stimmen Sie dem zu?
Soll die Bestellung storniert werden?
Wenn Sie einverstanden sind, überweise ich jetzt.
Geben Sie mir bitte Ihr OK.
Bitte um Bestätigung.
Alles richtig so?
Geht das klar?
Wollen wir das so machen?
Ready to place the order?
Good to go?
Is it okay if I delete the file?
"""

ASKS_NOT = """
Is the address still correct?
Do you like it?
Ist Ihre Adresse noch richtig?
Your refund is on its way.
I have confirmed your refund.
I can confirm that the refund was issued.
How can I help you?
Can I help you with anything else?
What is your order number?
Is there anything else?
Which card should I use?
May I have your order number?
Please confirm your email address.
Could you tell me the order number?
Kann ich Ihnen sonst noch helfen?
Wie lautet Ihre Bestellnummer?
Welche Bestellung soll ich stornieren?
Ich bestätige die Rückzahlung.
Ihre Bestellung ist storniert.
Darf ich fragen, warum?
Möchten Sie noch etwas wissen?
Let me know if you have any questions.
Do you know your order number?
"""


@pytest.mark.parametrize("text", ASKS.strip().splitlines())
def test_a_question_for_leave_is_one(text: str) -> None:
    assert asks_leave(text) is not None
    assert asks_leave(f"I looked it up.\n\n{text} I'll wait.") is not None


@pytest.mark.parametrize("text", ASKS_NOT.strip().splitlines())
def test_what_asks_for_no_leave_is_no_such_question(text: str) -> None:
    assert asks_leave(text) is None


YES = """
Yes
yes please
Yes, please refund it. How long will it take?
Yep!
Sure, go ahead.
OK
ok thanks
y
Absolutely.
Of course.
I confirm.
Confirmed
That's right.
Perfect, thank you!
No problem, go ahead.
Why not, do it.
👍
Please do.
Refund it.
Please.
Sounds good to me.
YES!!!
yes, no need to call me
Yes. I don't have any questions.
Alright
Let's do it
Make it happen
That would be great
Jaaa
Ja bitte, keine Eile
Alles klar
Das ist richtig so.
Ja
Ja, bitte.
Ja gerne, wie lange dauert das?
Klar, mach das.
Machen Sie das.
In Ordnung.
Einverstanden
Genau, bitte.
Ich bestätige.
Natürlich
Kein Problem, ja.
passt
Gut.
"""

NO = """
Please send a replacement instead.
please stop
Sicher nicht.
No
I'm not sure.
No, thanks.
nope
Not yet.
Don't do that.
Please don't.
Wait, I want to think.
Stop.
Cancel.
Never mind, forget it.
n
Nein
Nein danke
Lieber nicht.
Auf keinen Fall.
Noch nicht.
Bitte nicht.
Warte!
"""

NONE = """
Hmm
Right now I'm driving.
I will be right back.
Sure?
Stimmt das?
ok so what happens to my points?
Good question, I need to ask my wife.
Hmm, let me think about it.
Maybe later.
What does it cost?
My order number is 48213.
48213
Is that okay with my bank?
Moment, ich überlege.
Vielleicht später
Was kostet das?
Ich habe noch eine Frage.
"""

UNCLEAR = """
Yes, but not to that card.
Yes, if it is free.
Ja, aber nur die Schuhe.
Ja, wenn es nichts kostet.
Yes. No. Wait.
Oui, allez-y
Sí
はい
OK, maybe later
okay, no need
No problem
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        *((text, "yes") for text in YES.strip().splitlines()),
        *((text, "no") for text in NO.strip().splitlines()),
        *((text, "none") for text in NONE.strip().splitlines()),
        *((text, "unclear") for text in UNCLEAR.strip().splitlines()),
        ("", "none"),
    ],
)
def test_a_reply_is_a_yes_a_no_unclear_or_neither(text: str, says: str) -> None:
    assert reply_to("Shall I refund 12.50 € to your card?", text) == says


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        ("Shall I cancel order 48213?", "Yes, cancel it.", "yes"),
        ("Shall I cancel order 48213?", "Cancel it", "yes"),
        ("Shall I cancel order 48213?", "Please cancel", "yes"),
        ("Shall I refund it?", "Cancel it", "no"),
        ("Shall I refund order 48213?", "Order 48213", "unclear"),
        ("Soll ich die Bestellung stornieren?", "Stornieren Sie sie bitte", "yes"),
        ("Soll ich die Bestellung stornieren?", "Storniere sie", "yes"),
        ("Soll ich abbrechen?", "Ja, abbrechen.", "yes"),
        ("Soll ich zahlen?", "Abbrechen", "no"),
        ("Would you like to delete it?", "Delete", "yes"),
        ("Please type DELETE to confirm.", "DELETE", "yes"),
        ('Enter "delete" to proceed.', "Delete!", "yes"),
        ("Schreiben Sie LÖSCHEN, um fortzufahren.", "löschen", "yes"),
        ("Please type DELETE to confirm.", "REMOVE", "unclear"),
        ("Please type DELETE to confirm.", "No", "no"),
    ],
)
def test_an_order_to_do_what_was_asked_is_a_yes(question: str, text: str, says: str) -> None:
    assert reply_to(question, text) == says


@pytest.mark.parametrize(
    ("text", "takes_back"),
    [
        ("Stop, I changed my mind.", True),
        ("Nein, doch nicht.", True),
        ("DE12 3456", False),
        ("No problem: DE12", False),
        ("Yes, it is not the old card", False),
    ],
)
def test_a_yes_can_be_taken_back(text: str, takes_back: bool) -> None:
    assert withdraws(text) is takes_back


def test_long_texts_take_no_time() -> None:
    assert asks_leave("shall " * 200_000) is None
    assert reply_to("Shall I?", "a " * 200_000) == "none"
