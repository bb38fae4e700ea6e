"""Keys that issuers print in their own documentation, and that open nothing.

They stand here as digests, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

DIGITS = 16
"""So many hexadecimal digits of SHA-256 are kept."""

PUBLISHED = frozenset(
    [
        "2cafc0970149a84f",  # Stripe
        "f2d6ca16515033e5",  # Stripe, older
        "3543c50b0cb9cea8",  # GitHub
        "bc3ae723f57c6b9e",  # GitHub, OAuth
        "82e74299544e0073",  # GitHub, user
        "797c0ce414586cc8",  # GitHub, server
        "6d7fa4e64d4b1f3e",  # GitHub, refresh
        "7f75367e78812551",  # jwt.io
        "c794fa6d20c64efb",  # jwt.io, newer
        "7c5b0229189828de",  # RFC 7519 in short
        "0011cc25eb432071",  # Azure storage emulator
        "aa6547439583c3a2",  # Azure Cosmos emulator
        "ac9265e56c79b234",  # Google Maps
        "f5375a46365089a8",  # Slack, bot
        "0d7e920845ed3423",  # Slack, user
        "02f7ce3c263f85c0",  # Discord
        "0b5dd075ccdd03c4",  # Telegram
        "731fa294d036e54f",  # Telegram, newer
        "b8e148545b13c78b",  # RFC 6750
        "cf4d418ed3de92d7",  # RFC 7617
        "78314b11be2e5815",  # AWS
    ]
)
