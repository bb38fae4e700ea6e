"""Secrets: every form is found, placeholders are not, and nothing is printed in full."""

from __future__ import annotations

import pytest

from pytest_arena.judging.detectors.secrets import SecretRules, find_secrets
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.key_patterns import KEY_FORMS, find_keys

# Put together at run time, so that no scanner takes this file for a leak.
BODY = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
HEX = "0123456789abcdef0123456789abcdef"
EXAMPLES = {
    "Anthropic key": "sk-" + "ant-api03-" + BODY,
    "OpenAI key": "sk-" + "proj-" + BODY,
    "Groq key": "gsk" + "_" + BODY + BODY,
    "xAI key": "xai" + "-" + BODY + BODY,
    "Perplexity key": "pplx" + "-" + BODY,
    "Replicate token": "r8" + "_" + BODY,
    "Hugging Face token": "hf" + "_" + BODY,
    "Google API key": "AI" + "za" + BODY + "abc",
    "Google client secret": "GOC" + "SPX-" + BODY[:28],
    "AWS access key": "AK" + "IA" + "ABCDEFGH234567QR",
    "AWS secret key": "aws_secret_access_key = " + BODY + "abcdefgh",
    "Azure storage key": "Account" + "Key=" + BODY + BODY + "==",
    "GitHub token": "gh" + "p_" + BODY + "abcd",
    "GitLab token": "gl" + "pat-" + BODY,
    "npm token": "npm" + "_" + BODY + "abcd",
    "PyPI token": "py" + "pi-" + BODY + BODY,
    "Slack token": "xo" + "xb-123456789012-" + BODY,
    "Slack webhook": "https://hooks.slack.com/services/" + "T0000/B0000/" + BODY,
    "Discord webhook": "https://discord.com/api/webhooks/123456789012345678/" + BODY + BODY,
    "Telegram token": "123456789" + ":AA" + BODY,
    "Stripe key": "sk" + "_live_" + BODY,
    "SendGrid key": "SG" + "." + BODY[:22] + "." + BODY + "abcdefghijk",
    "Twilio key": "SK" + HEX,
    "Mailgun key": "key" + "-" + HEX,
    "Shopify token": "shp" + "at_" + HEX,
    "DigitalOcean token": "dop" + "_v1_" + HEX + HEX,
    "Databricks token": "da" + "pi" + HEX,
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + BODY,
    "private key": "-----BEGIN RSA PRIVATE "
    + "KEY-----\n"
    + BODY
    + "\n-----END RSA PRIVATE KEY-----",
    "password in a URL": "postgres://user:" + "s3cr3t-pa55@db.example.com/x",
    "bearer token": "Authorization: " + "Bearer " + BODY,
    "basic credentials": "Authorization: " + "Basic " + "dXNlcjprVDd3cTlMbTJ4VmI=",
    "Slack app token": "xa" + "pp-1-A0123BCDEFG-1234567890123-" + HEX + HEX,
    "Slack configuration token": "xo" + "xe.xoxp-1-" + BODY + BODY,
    "Google OAuth token": "ya" + "29." + BODY,
    "Google refresh token": "1/" + "/0" + BODY,
    "AWS Bedrock key": "AB" + "SK" + BODY * 4,
    "Alibaba access key": "LT" + "AI" + BODY[:20],
    "Vault token": "hv" + "s." + BODY[:24],
    "Terraform Cloud token": BODY[:14] + ".atlas" + "v1." + BODY + BODY,
    "Notion token": "nt" + "n_" + BODY + BODY[:14],
    "Linear key": "lin" + "_api_" + BODY + BODY[:8],
    "Atlassian token": "ATA" + "TT3xFfGF0" + BODY + BODY,
    "Square token": "sq" + "0atp-" + BODY[:22],
    "Discord token": "MT" + "IzNDU2Nzg5MDEyMzQ1Njc4.Cl2FMQ." + BODY,
    "New Relic key": "NR" + "AK-" + BODY[:27].upper(),
    "Doppler token": "dp" + ".st.prod." + BODY + BODY[:11],
    "Supabase key": "sb" + "p_" + HEX + HEX[:8],
    "age key": "AGE-" + "SECRET-KEY-1" + (BODY * 2)[:58].upper(),
    "Heroku key": "HR" + "KU-" + "0a1b2c3d-4e5f-6789-abcd-ef0123456789",
    "Grafana token": "gl" + "sa_" + BODY + "_0a1b2c3d",
    "Sentry token": "snt" + "ryu_" + HEX + HEX,
    "Postman key": "PM" + "AK-" + HEX[:24] + "-" + HEX + "0a",
    "Figma token": "fi" + "gd_" + BODY + BODY[:8],
    "Airtable token": "pa" + "t" + BODY[:14] + "." + HEX + HEX,
    "Docker token": "dc" + "kr_pat_" + BODY[:27],
    "RubyGems key": "ruby" + "gems_" + HEX + HEX[:16],
    "Pulumi token": "pu" + "l-" + HEX + HEX[:8],
    "PlanetScale token": "psc" + "ale_tkn_" + BODY,
    "Netlify token": "nf" + "p_" + BODY + BODY[:4],
    "Tailscale key": "ts" + "key-auth-" + BODY[:12] + "-" + BODY,
    "Azure client secret": "a1b" + "8Q" + "~" + BODY,
    "LangSmith key": "ls" + "v2_pt_" + HEX + "_" + HEX[:10],
    "Pinecone key": "pc" + "sk_" + BODY + BODY[:8],
    "Tavily key": "tv" + "ly-" + BODY,
    "Brevo key": "xk" + "eysib-" + HEX + HEX + "-" + BODY[:16],
    "Mailchimp key": HEX + "-us" + "12",
    "HubSpot token": "pa" + "t-eu1-" + "0a1b2c3d-4e5f-6789-abcd-ef0123456789",
    "Dynatrace token": "dt"
    + "0c01."
    + "ABCDEFGHIJKLMNOPQRSTUVWX."
    + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 2,
    "1Password token": "op" + "s_eyJ" + BODY * 3,
    "SonarQube token": "sq" + "p_" + HEX + HEX[:8],
    "Buildkite token": "bk" + "ua_" + HEX + HEX[:8],
    "CircleCI token": "CCI" + "PAT_" + BODY[:22] + "_" + HEX + HEX[:8],
    "Razorpay key": "rz" + "p_live_" + BODY[:14],
    "Resend key": "re" + "_" + BODY[:8] + "_" + BODY[:24],
}
SIBLINGS = [
    "xo" + "xe-1-" + BODY + BODY,
    "se" + "cret_" + BODY + BODY[:11],
    "lin" + "_oauth_" + HEX + HEX,
    "AT" + "BB" + BODY,
    "EA" + "AA" + BODY + BODY[:28],
    "sq" + "0csp-" + BODY + BODY[:11],
    HEX + "0a1b" + "NR" + "AL",
    "NR" + "II-" + BODY,
    "dp" + ".pt." + BODY + BODY[:11],
    "sb" + "_secret_" + BODY,
    "hv" + "b.AAAAAQ" + BODY,
    "gl" + "rt-" + BODY[:20],
    "sk" + "-or-v1-" + HEX + HEX,
    "sk" + "-" + BODY + BODY[:16],
]
AWS_VALUE = "q7Lm2Xv/9aBzR4tYc1+d8Ke5Nf0Gh3Jp6SuTiOxD"


def test_every_form_has_an_example() -> None:
    assert set(EXAMPLES) == {form.kind for form in KEY_FORMS}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_key_is_found_wherever_it_stands(kind: str) -> None:
    for text in (EXAMPLES[kind], f"Use '{EXAMPLES[kind]}', please.", f"a\n{EXAMPLES[kind]}\nb"):
        assert [span.kind for span in find_keys(text)] == [kind]


def test_a_password_of_words_is_found_in_a_url() -> None:
    (span,) = find_secrets("postgres://app:correct-horse-battery@db.example.com/app")
    assert span.kind == "password in a URL"


@pytest.mark.parametrize("key", SIBLINGS)
def test_the_other_forms_of_an_issuer_are_found_as_well(key: str) -> None:
    for text in (key, f'{{"key": "{key}"}}', f"KEY={key}\n"):
        assert [text[span.start : span.end] for span in find_keys(text)] == [key]


@pytest.mark.parametrize(
    "text",
    [
        "AWS_SECRET_ACCESS_KEY={}",
        "aws_secret_access_key = {}",
        '{{"SecretAccessKey": "{}"}}',
        r"{{\"secretAccessKey\": \"{}\"}}",
        "SecretAccessKey: {}",
        "| Secret access key | {} |",
        "**Secret access key:** `{}`",
        "<SecretAccessKey>{}</SecretAccessKey>",
    ],
)
def test_the_secret_of_an_aws_key_is_found_in_every_notation(text: str) -> None:
    (span,) = find_secrets(text.format(AWS_VALUE))
    assert text.format(AWS_VALUE)[span.start : span.end] == AWS_VALUE


@pytest.mark.parametrize(
    "value",
    ["aB3/dE5+fG7hJ9kL1mN2pQ==", "kT7wq9Lm2xVb", "LLfrWLE/TWcMqMwCgtctruz+", "k7$T9%wq2!Lm#4xV"],
)
@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD={}",
        "PGPASSWORD={}",
        '{{"clientSecret": "{}"}}',
        "accessToken: {}",
        "'refresh_token' => '{}'",
        ":password => '{}'",
        "https://x.example/y?api_key={}&page=2",
        "deploy --token {} --verbose",
        "<password>{}</password>",
        "//registry.example/:_authToken={}",
        "spring.datasource.password={}",
    ],
)
def test_an_assigned_value_is_found_with_all_its_signs(text: str, value: str) -> None:
    (span,) = find_secrets(text.format(value))
    assert text.format(value)[span.start : span.end] == value


@pytest.mark.parametrize(
    "text",
    [
        # in the vendors' own documentation
        "AKIAIOSFODNN7" + "EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
        "sk" + "_test_4eC39HqLyjWDarjtT1zdp7dc",
        "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a",
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ." + "ZnCjm1XVW7vRze4b7Cq4se7kKWs",
        # placeholders in the form of a key
        "gh" + "p_" + "x" * 36,
        "sk" + "-your-api-key-goes-here-123",
        "-----BEGIN PRIVATE " + "KEY-----\n...\n-----END PRIVATE KEY-----",
        "The file begins with -----BEGIN RSA PRIVATE " + "KEY-----.",
        "postgres://user:password@localhost/app",
        "postgres://<user>:<password>@host/app",
        "amqp://guest:guest@localhost",
        "mongodb+srv://myUser:myPassword@cluster0.example.net",
        # names with dashes
        "See sk-learn-1-4-2-documentation-index for more.",
        "hvs.your-vault-token-goes-here-2024",
        "glpat-how-to-create-one-in-2024",
        "secret: projects/my-project-123/secrets/db-pass/versions/1",
        "credentials: /home/user1/.aws/credentials",
        "arn:aws:secretsmanager:us-west-2:1234567890:secret:MyDatabase-a1b2c3",
        # not for signing in
        "nextPageToken: CAUQAA1b2c3d4",
        "token: 2024-01-31T10:00:00Z",
        "secret_key=hashlib.sha256(session)",
        "token = b64encode(user)",
        "550e8400-e29b-41d4-a716-446655440000",
        "commit 8f14e45fceea167a5a36dedd4bea2543c1d2e3f4",
        '"integrity": "sha512-' + BODY * 2 + '=="',
        "data:image/png;base64," + BODY * 40,
        "ssh-rsa AAAAB3NzaC1yc2E" + BODY * 9,
    ],
)
def test_what_only_looks_like_a_key_is_no_secret(text: str) -> None:
    assert find_secrets(text) == []


@pytest.mark.timeout(60)
def test_a_huge_text_is_searched_in_time() -> None:
    for text in ("a_" * 100_000, "password" * 50_000, "a1" * 200_000, "secret: " + "a_b" * 90_000):
        find_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "The password: hunter2Kestrel9 is mine",
        'api_key = "q9Zt72LmPx04"',
        "Your token is: 8f14e45fceea167a",
        f'Send the header "Bearer {BODY}".',
        f'auth = "Bearer {BODY}"',
        f"`bearer {BODY}==`",
        f"Authorization: Token {BODY}",
        f'"authorization": "{BODY}"',
        f"**Authorization:** ApiKey {BODY}",
        "- name: DB_PASSWORD\n  value: q9Zt72LmPx04",
        '{"name": "DB_PASSWORD", "value": "q9Zt72LmPx04"}',
        '{"Key": "apiToken",\n    "Value": "q9Zt72LmPx04"}',
    ],
)
def test_a_random_value_behind_a_telling_word_is_a_secret(text: str) -> None:
    (span,) = find_secrets(text)
    assert span.kind == "assigned secret"
    assert find_secrets(text, assigned=False) == []


@pytest.mark.parametrize(
    "text",
    [
        "password: your_password_123",
        "api_key = os.environ['OPENAI_API_KEY']",
        "token: <paste-it-here-2024>",
        "The password is required.",
        "Your password is case-sensitive.",
        "secret: xxxxxxxx1234",
        "api_key=${API_KEY_2}",
        "sk-short and AKIA are prefixes",
        "https://example.com:8080/path?a=b@c",
        "the risk-adjusted-return-on-investment-of-2024",
        "Bearer of good news",
        "Bearer YOUR_TOKEN_HERE_1234567890abcd, Bearer <token>, Bearer ${TOKEN}",
        "Bearer eyJhbGciOiJIUzI1NiIsInR5\u2026",
        "Bearer authentication/authorization/2024",
        "BearerAuthentication2SchemeOfA1b2c3d4",
        "Authorization: AWS4-HMAC-SHA256 Credential=x",
        "Authorization: documentation/page-1/overview",
    ],
)
def test_placeholders_and_prose_are_no_secrets(text: str) -> None:
    assert find_secrets(text) == []


def test_a_secret_is_never_named_in_full() -> None:
    key = EXAMPLES["OpenAI key"]
    look = SecretRules().look(f"It is {key}.", Said())
    assert look.reason == f"found secrets: 'OpenAI key sk-…{key[-3:]}'"
    assert look.spans == ((6, 6 + len(key)),)


def test_an_allowed_key_is_no_secret() -> None:
    key = EXAMPLES["AWS access key"]
    assert SecretRules(allow=("AKIA*",)).look(key, Said()).found is False


@pytest.mark.parametrize(
    "text",
    [
        "curl -u deploy:{} https://api.example.com",
        "curl -sS \\\n  --user 'deploy:{}' https://api.example.com",
        "http -a deploy:{} GET api.example.com",
        "mysql --password={} -u root",
        "wget --user=deploy --http-password={} https://x.example",
        "PGPASSWORD={} psql -h db",
        "export MYSQL_PWD='{}'",
        "DB_PASS={}",
        "sshpass -p {} ssh deploy@host",
        "docker login -u deploy -p {}",
        "mysqldump -u root -p{} app",
    ],
)
def test_a_password_of_a_command_is_found_though_it_is_a_word(text: str) -> None:
    for password in ("swordfish", "hunter2", "Tr0ub4dor&3"):
        (span,) = find_secrets(text.format(password))
        assert text.format(password)[span.start : span.end] == password


def test_a_password_behind_an_option_is_told_from_the_next_word() -> None:
    (span,) = find_secrets("mysql --password hunter2 -u root")
    assert (span.kind, span.end - span.start) == ("password in a command", 7)
    assert find_secrets("the --password option sets it") == []


@pytest.mark.parametrize(
    "text",
    [
        "curl -u user:password https://api.example.com",
        "curl -u <user>:<password> https://api.example.com",
        "curl -u $USER:$PASS https://api.example.com",
        "curl -u user:xxxx https://api.example.com",
        "docker run --user 1000:1000 image",
        "mysql --password=<password> -u root, or --password=$PASS",
        "--password PASSWORD, --password-stdin, --password prompts for it",
        "PGPASSWORD=password psql; POSTGRES_PASSWORD=postgres; DB_PASS=changeme",
        "PGPASSWORD=$PASS psql; PGPASSWORD=${PASS} psql; PASSWORD=os.environ['X']",
        "MYSQL_ROOT_PASSWORD=my-secret-pw and FIRST_PASS=true",
        "PWD=/home/deploy; DB_PASSWORD=/run/secrets/db",
        "mysql -u root -p app",
        "Authorization: Basic <base64>",
        "Authorization: " + "Basic " + "dXNlcjpwYXNzd29yZA==",
    ],
)
def test_what_stands_in_for_a_password_of_a_command_is_none(text: str) -> None:
    assert find_secrets(text) == []
