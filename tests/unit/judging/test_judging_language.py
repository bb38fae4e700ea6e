"""Languages: told from a sentence, and owned up to where they cannot be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_arena.guardrails.detectors import Language as LanguageGuardrail
from pytest_arena.judging.detectors.language import LanguageRules, guess_language
from pytest_arena.schema.guardrail import Said

SHORT = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "benchmarks" / "language" / "sentences.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
SENTENCES = {
    "ar": "تم شحن طلبك وسيصل يوم الجمعة.",
    "bg": "Вашата поръчка е изпратена и ще пристигне в петък.",
    "bn": "আপনার অর্ডার পাঠানো হয়েছে।",
    "cs": "Vaše objednávka byla odeslána a dorazí v pátek.",
    "da": "Din ordre er afsendt, og den kommer frem på fredag. Har du noget at spørge om?",
    "de": "Ihre Bestellung wurde versandt und kommt am Freitag an.",
    "el": "Η παραγγελία σας έχει αποσταλεί.",
    "en": "Your order has been shipped and will arrive on Friday.",
    "es": "Su pedido ha sido enviado y llegará el viernes.",
    "fa": "سفارش شما ارسال شده و روز جمعه می‌رسد.",
    "fi": "Tilauksesi on lähetetty ja saapuu perjantaina.",
    "fr": "Votre commande a été expédiée et arrivera vendredi.",
    "he": "ההזמנה שלך נשלחה",
    "hi": "आपका ऑर्डर भेज दिया गया है",
    "hu": "A rendelését elküldtük, és pénteken érkezik meg.",
    "id": "Pesanan Anda telah dikirim dan akan tiba pada hari Jumat.",
    "it": "Il suo ordine è stato spedito e arriverà venerdì.",
    "ja": "ご注文は発送され、金曜日に到着します。",
    "ko": "주문하신 상품이 발송되었습니다.",
    "nl": "Uw bestelling is verzonden en komt vrijdag aan.",
    "no": "Bestillingen din er sendt. Vil du vite noe mer, så hjelper vi deg gjerne igjen.",
    "pl": "Twoje zamówienie zostało wysłane i dotrze w piątek.",
    "pt": "O seu pedido foi enviado e chegará na sexta-feira.",
    "ro": "Comanda dumneavoastră a fost expediată și va ajunge vineri.",
    "ru": "Ваш заказ отправлен и прибудет в пятницу. Мы вам позвоним.",
    "sv": "Din beställning har skickats och kommer att levereras på fredag.",
    "ta": "உங்கள் ஆர்டர் அனுப்பப்பட்டது",
    "th": "คำสั่งซื้อของคุณถูกจัดส่งแล้ว",
    "tr": "Siparişiniz gönderildi ve cuma günü ulaşacak.",
    "uk": "Ваше замовлення відправлено і прибуде в п'ятницю.",
    "vi": "Đơn hàng của bạn đã được gửi và sẽ đến vào thứ Sáu.",
    "zh": "您的订单已发货,将于周五送达。",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert guess_language(SENTENCES[language]).language == language


def test_hardly_any_short_sentence_is_missed_and_none_is_taken_for_another_language() -> None:
    looks = [LanguageRules(value=(one["language"],)).look(one["text"], Said()) for one in SHORT]
    assert not [one for one, look in zip(SHORT, looks, strict=True) if look.found]
    missed = [one["text"] for one, look in zip(SHORT, looks, strict=True) if look.found is None]
    assert len(missed) <= 3


@pytest.mark.parametrize("wanted", ["en", "ru"])
def test_a_short_sentence_never_passes_for_a_language_that_it_is_not_in(wanted: str) -> None:
    rules = LanguageRules(value=(wanted,))
    others = [one["text"] for one in SHORT if one["language"] != wanted]
    assert not [text for text in others if rules.look(text, Said()).found is False]


def test_a_sentence_of_two_sister_languages_is_each_of_them_or_unknown() -> None:
    text = "Hvor er min pakke?"
    assert guess_language(text).language is None
    assert LanguageRules(value=("da",)).look(text, Said()).found is False
    assert LanguageRules(value=("no", "da")).look(text, Said()).found is False
    assert LanguageRules(value=("no",)).look(text, Said()).found is None
    assert LanguageRules(value=("ja",)).look("Det vet jag inte.", Said()).found is True


def test_a_rare_language_counts_only_where_it_is_asked_for() -> None:
    text = "Ubi est epistula mea? Gratias tibi ago."
    assert guess_language(text).language != "la"
    assert LanguageRules(value=("la",)).look(text, Said()).found is False
    nynorsk = "Eg veit ikkje kvar pakka mi er, men ho kjem nok i morgon."
    assert LanguageRules(value=("no",)).look(nynorsk, Said()).found is False


def test_the_model_is_read_off_the_event_loop() -> None:
    assert LanguageGuardrail(value=("en",)).is_slow


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "4711",
        "Kim Nguyen",
        "GPU CPU RAM",
        "12:30 – 14:00 👍",
        "```python\nprint('hello and the')\n```",
        "Zyx qwv",
    ],
)
def test_too_little_text_tells_nothing(text: str) -> None:
    guess = guess_language(text)
    assert guess.language is None
    assert guess.reason.startswith("the language cannot be told")


def test_code_and_links_do_not_count() -> None:
    text = (
        "Bitte führen Sie das aus:\n```\nfor the_item in all_of_the_items: print('this is it')\n```"
    )
    assert guess_language(text).language == "de"
    assert guess_language("Siehe https://the.and.of/to/in und das ist alles.").language == "de"


def test_the_wrong_language_is_named() -> None:
    rules = LanguageRules(value=("en", "fr"))
    look = rules.look(SENTENCES["de"], Said())
    assert (look.found, look.reason) == (True, "the text is German")
    assert rules.look(SENTENCES["fr"], Said()).found is False
    assert rules.look("OK", Said()).found is None


@pytest.mark.parametrize("text", ["Naravno, mogu vam pomoći.", "Разбира се, мога да ви помогна."])
def test_which_of_two_sisters_it_is_does_not_matter_where_neither_is_wanted(text: str) -> None:
    assert LanguageRules(value=("en",)).look(text, Said()).found is True
    assert LanguageRules(value=("en", "hr", "bg")).look(text, Said()).found is False
    assert guess_language(text).language is None
