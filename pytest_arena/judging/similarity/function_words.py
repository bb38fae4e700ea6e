"""Function words of twenty languages, which say little of what a text is about."""

from __future__ import annotations

from functools import cache

WORDS = {
    "en": (
        "the of and to in is you that it he was for on are as with his they at be this have from "
        "or had by but what some we can out other were all there when up use your how said an "
        "each she which do their if will way about many then them would like so these her has him "
        "could no make than been its who now my did get may our please thank not just i me us "
        "been should because"
    ),
    "de": (
        "der die das und ist nicht ein eine einen einem einer zu den von mit sich des auf für im "
        "dem auch als an nach wie aus er hat dass sie es wird bei um am sind noch war haben nur "
        "oder aber vor zur bis mehr durch man sein wurde sei ihr ihre ihren wenn kann können ich "
        "wir uns mich mir bitte werden über so was schon doch hier keine kein unter diese dieser "
        "dieses vielen dank danke mehr hallo wo wer"
    ),
    "fr": (
        "le la les de des et un une est pas que qui dans pour sur ce il elle vous nous je ne au "
        "aux avec par plus son sa ses mais ou où du en cette ces été être avoir ont sont fait "
        "comme leur si tout bien peut votre vos notre nos mon ma mes lui y aussi sans c'est j'ai "
        "n'est d'un d'une qu'il l'on merci très même quand deux beaucoup veuillez puis alors "
        "bonjour donc encore faire"
    ),
    "es": (
        "el la los las de que y en un una es por con no para su se al lo como más pero sus le ya "
        "o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde "
        "todo nos durante todos uno les ni contra otros ese eso ante ellos esto antes algunos qué "
        "unos yo del está están fue ser son tiene usted puede gracias mi tu por favor inténtelo "
        "nuevo hola aquí puedo cómo"
    ),
    "it": (
        "il lo la i gli le di che e è un una in per con non si da sono come più ma anche del "
        "della dei delle nel nella alla al dal dalla questo questa ha ho hanno essere se ci mi ti "
        "vi suo sua loro cosa quando dove perché molto tutti tutto può essere stato fare grazie o "
        "degli sul sulla dell'ordine l'ordine nostro vostro ancora già così"
    ),
    "pt": (
        "o a os as de que e é em um uma do da dos das no na nos nas para com não por mais se como "
        "mas foi ao ele ela seu sua ou ser quando muito há já está eu também só pelo pela até "
        "isso entre era depois sem mesmo aos ter seus quem me esse eles estão você tinha foram "
        "essa num nem suas meu às minha têm são pode por favor tente novamente olá aqui obrigado "
        "obrigada vocês"
    ),
    "nl": (
        "de het een en van ik te dat die in is niet hij op aan met als voor zijn er maar om ook "
        "dan zij bij of uit nog naar heeft ze dit wat over mijn kunnen ons zo door je was worden "
        "wordt hebben deze kan al geen u uw wij we wel meer toch moet tot onder daar waar veel "
        "hun haar hem bent bedankt alstublieft graag"
    ),
    "sv": (
        "och att det i en jag hon som han på den med var sig för så till är men ett om hade de av "
        "icke mig du henne då sin nu har inte hans honom skulle hennes där min man ej vid kunde "
        "något från ut när efter upp vi dem vara vad över än dig kan sina här ha mot alla under "
        "någon eller allt mycket sedan ju denna själv detta åt utan varit hur ingen mitt ni bli "
        "blev oss tack"
    ),
    "da": (
        "og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har "
        "om vi min havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal "
        "selv her alle vil blev kunne ind når være dog noget ville jo deres efter ned skulle "
        "denne end dette mit også under have dig anden hende mine alt meget sit sine vor mod "
        "disse hvis din nogle hos blive mange ad bliver igen noget uden mellem hvordan hvorfor "
        "ordre hej hendes været tak kan"
    ),
    "no": (
        "og i jeg det at en et den til er som på de med han av ikke der så var meg seg men har om "
        "vi min mitt ha hadde hun nå over da ved fra du ut sin dem oss opp man kan hans hvor "
        "eller hva skal selv sjøl her alle vil bli ble blei blitt kunne inn når være kom noen noe "
        "ville dere deres kun ja etter ned skulle denne for deg si sine sitt mot å meget hvorfor "
        "dette disse uten hvordan ingen din ditt blir samme hvilken hvilke sånn inni mellom vår "
        "hver hvem vors hvis både bare enn fordi før mange også slik vært være takk deg igjen "
        "fram noen uten hei fra"
    ),
    "fi": (
        "ja on ei se että hän oli ole mutta kun niin kuin myös sen ovat tai jos mitä minä sinä me "
        "te he tämä tuo joka jotka olla olen olet olemme voi voin voit vain nyt hyvin sitten "
        "siitä sitä mukaan kanssa ennen jälkeen kaikki mikä miten missä koska vielä jo kuten joko "
        "eivät en et emme ette minun sinun hänen meidän teidän tilaus kiitos ollut uudelleen hei "
        "onko siis tässä siinä"
    ),
    "pl": (
        "i w nie na się z do to że jest o jak po co tak za od ale dla czy przez już być jego jej "
        "są oraz był była było ich tego tym który która które może tylko gdy bardzo też jeszcze "
        "pan pani ja ty my wy on ona mnie mi ci go jako pod przed przy bez te ten ta kiedy gdzie "
        "dlaczego proszę dziękuję mogę możesz można"
    ),
    "cs": (
        "a v na se je že s z do o to i ve jako za po by si jsem jsou ale od jak podle před které "
        "který která pro ne už bude nebo jen být tak jeho při má až co když také může mezi jejich "
        "této tento bylo byla byl není již ještě mě mi ji vás vám prosím děkuji můžete kde proč "
        "jste nás"
    ),
    "ro": (
        "și de la în a cu nu pe care este un o că mai din se sunt pentru prin dar al ale ca sau "
        "după fi fost ce lui ei lor am ai are au avea acest această acesta sa său între foarte "
        "dacă când unde cum tot toate doar poate vă va vor noi voi eu tu el ea mulțumesc "
        "dumneavoastră"
    ),
    "hu": (
        "a az és hogy nem is egy ez meg van volt de csak már még ha mint vagy el ki fel azt ezt "
        "én te ő mi ti ők lehet kell minden nagyon ami aki amely itt ott hogyan miért mert lesz "
        "lenne sem után alatt között szerint pedig most igen kérem köszönöm önnek ön tud tudom"
    ),
    "tr": (
        "ve bir bu da de için ile çok ne gibi daha var ben sen o biz siz onlar mi mı mu mü değil "
        "ama olarak kadar en sonra önce her şey ki olan oldu olduğu olur bunu buna bana sana ya "
        "hiç veya ise nasıl neden lütfen teşekkür ederim ederiz size sizin bizim yok evet hayır"
    ),
    "id": (
        "yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya ke karena anda "
        "kami kita mereka dia ada adalah atau oleh sudah telah dapat bisa lebih seperti kepada "
        "hanya tetapi harus sebagai agar jika apa bagaimana mengapa terima kasih silakan belum "
        "bukan lagi sangat banyak semua setelah sebelum"
    ),
    "vi": (
        "và của là có được cho không trong một người này đã với các để những khi tôi bạn chúng ta "
        "từ đến như về thì nhiều rất cũng sẽ ra vào phải hay làm nếu vì sau trước đó đây nào gì "
        "tại sao cảm ơn xin vui lòng"
    ),
    "ru": (
        "в на не что и с по для как это к у вы мы его от за из или"
    ),
    "bg": (
        "на е да се за от с и са ще ви ни като това към при по но"
    ),
}  # fmt: skip
"""Frequent function words, by language."""


def is_english(text: str) -> bool:
    """Return whether a text has more function words of English than of any other language."""
    words = set(text.lower().split())
    counts = {language: len(words & listed) for language, listed in _word_sets().items()}
    english = counts.pop("en")
    return english > max(counts.values())


@cache
def _word_sets() -> dict[str, frozenset[str]]:
    return {language: frozenset(listed.split()) for language, listed in WORDS.items()}
