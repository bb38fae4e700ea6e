"""What is found in a text by rules: personal data, secrets, profanity, refusals and more."""
