"""Languages that can be told, by their ISO 639-1 codes."""

from __future__ import annotations

COMMON = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani",
    "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan",
    "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh",
    "km": "Khmer", "kn": "Kannada", "ko": "Korean", "ky": "Kyrgyz", "lo": "Lao",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian",
    "mr": "Marathi", "ms": "Malay", "my": "Burmese", "ne": "Nepali", "nl": "Dutch",
    "no": "Norwegian", "or": "Odia", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "si": "Sinhala", "sk": "Slovak",
    "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili",
    "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""Languages that a text may be in without being asked for."""

RARE = {
    "an": "Aragonese", "ba": "Bashkir", "br": "Breton", "eo": "Esperanto", "fo": "Faroese",
    "fy": "Western Frisian", "gd": "Scottish Gaelic", "ha": "Hausa", "ht": "Haitian Creole",
    "ig": "Igbo", "jv": "Javanese", "ku": "Kurdish", "la": "Latin", "lb": "Luxembourgish",
    "lg": "Ganda", "ln": "Lingala", "mg": "Malagasy", "mt": "Maltese", "oc": "Occitan",
    "om": "Oromo", "qu": "Quechua", "rw": "Kinyarwanda", "sa": "Sanskrit", "se": "Northern Sami",
    "sn": "Shona", "so": "Somali", "st": "Southern Sotho", "tg": "Tajik", "tk": "Turkmen",
    "tt": "Tatar", "ug": "Uyghur", "vo": "Volapük", "wa": "Walloon", "xh": "Xhosa",
    "yo": "Yoruba", "zu": "Zulu",
}  # fmt: skip
"""Languages that count only where they are asked for: short texts are often taken for them."""

NAMES = COMMON | RARE

VARIETIES = {
    "ary": "ar", "arz": "ar", "grc": "el", "hbo": "he", "nn": "no", "pcm": "en", "uzs": "uz",
    "wuu": "zh", "yue": "zh",
}  # fmt: skip
"""Varieties that py3langid tells apart, by the language that they count as."""
