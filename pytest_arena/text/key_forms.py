"""What keys and tokens look like, as their issuers document it: the one list of forms."""

from __future__ import annotations

from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class KeyForm:
    """How one kind of key looks.

    Every such key holds one of the `hints`, which are looked for first since that is much quicker
    than the pattern; `key_patterns` names those that may stand outside of a long word. The key is
    the group `key` of a match, or the whole match.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: str


_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
"""Behind no letter, unless that is the one of a line's end as JSON has it."""
_END = r"(?![A-Za-z0-9_-])"

# Formats as their issuers document them; those without a prefix of their own cannot be told from
# other texts and are left to `find_secrets` of the judging room.
KEY_FORMS: tuple[KeyForm, ...] = (
    KeyForm("Anthropic key", ("sk-ant-",), _START + r"sk-ant-[A-Za-z0-9_-]{20,}"),
    KeyForm("OpenAI key", ("sk-",), _START + r"sk-(?!ant-)(?:[a-z]+-)?[A-Za-z0-9_-]{20,}"),
    KeyForm("Groq key", ("gsk_",), _START + r"gsk_[A-Za-z0-9]{40,}" + _END),
    KeyForm("xAI key", ("xai-",), _START + r"xai-[A-Za-z0-9]{40,}" + _END),
    KeyForm("Perplexity key", ("pplx-",), _START + r"pplx-[A-Za-z0-9]{32,}" + _END),
    KeyForm("Replicate token", ("r8_",), _START + r"r8_[A-Za-z0-9]{30,}" + _END),
    KeyForm("Hugging Face token", ("hf_",), _START + r"hf_[A-Za-z0-9]{30,}" + _END),
    KeyForm("Google API key", ("AIza",), _START + r"AIza[A-Za-z0-9_-]{35}" + _END),
    KeyForm("Google client secret", ("GOCSPX-",), _START + r"GOCSPX-[A-Za-z0-9_-]{28}" + _END),
    KeyForm(
        "AWS access key",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
        _START + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + _END,
    ),
    KeyForm(
        "AWS secret key",
        ("ecret", "ECRET"),
        r"(?i:secret[_ -]?(?:access[_ -]?)?key)[\\\"'`*]{0,4}\s{0,2}(?:=>|[=:|])\s{0,2}"
        r"[\\\"'`*]{0,4}\s?"
        r"(?P<key>[A-Za-z0-9/+]{40})"
        r"(?![A-Za-z0-9/+=])",
    ),
    KeyForm("Azure storage key", ("AccountKey=",), r"AccountKey=(?P<key>[A-Za-z0-9+/]{40,}={0,2})"),
    KeyForm(
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        _START + r"gh[pousr]_[A-Za-z0-9]{36,}" + _END,
    ),
    KeyForm("GitHub token", ("github_pat_",), _START + r"github_pat_[A-Za-z0-9_]{22,}" + _END),
    KeyForm("GitLab token", ("glpat-",), _START + r"glpat-[A-Za-z0-9_-]{20,}"),
    KeyForm(
        "GitLab token",
        tuple(f"gl{kind}-" for kind in ("ptt", "dt", "rt", "cbt", "ft", "soat", "imt", "agent")),
        _START + r"gl(?:ptt|dt|rt|cbt|ft|soat|imt|agent)-[A-Za-z0-9_-]{20,}",
    ),
    KeyForm("npm token", ("npm_",), _START + r"npm_[A-Za-z0-9]{36}" + _END),
    KeyForm("PyPI token", ("pypi-",), _START + r"pypi-[A-Za-z0-9_-]{50,}"),
    KeyForm(
        "Slack token",
        tuple(f"xox{kind}-" for kind in "abeoprs"),
        _START + r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    ),
    KeyForm(
        "Slack app token", ("xapp-",), _START + r"xapp-\d-[A-Z0-9]{8,}-\d{8,}-[a-f0-9]{32,}" + _END
    ),
    KeyForm(
        "Slack configuration token", ("xoxe",), _START + r"xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{50,}"
    ),
    KeyForm("Google OAuth token", ("ya29.",), _START + r"ya29\.[A-Za-z0-9_-]{20,}"),
    KeyForm("Google refresh token", ("1//0",), _START + r"1//0[A-Za-z0-9_-]{30,}"),
    KeyForm("AWS Bedrock key", ("ABSK",), _START + r"ABSK[A-Za-z0-9+/]{100,}={0,2}"),
    KeyForm("Alibaba access key", ("LTAI",), _START + r"LTAI[A-Za-z0-9]{16,26}" + _END),
    KeyForm("Vault token", ("hvs.", "hvb.", "hvr."), _START + r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    KeyForm(
        "Terraform Cloud token",
        (".atlasv1.",),
        _START + r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{50,}",
    ),
    KeyForm(
        "Notion token", ("secret_", "ntn_"), _START + r"(?:secret|ntn)_[A-Za-z0-9]{40,50}" + _END
    ),
    KeyForm(
        "Linear key",
        ("lin_api_", "lin_oauth_", "lin_wh_"),
        _START + r"lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,}" + _END,
    ),
    KeyForm(
        "Atlassian token",
        ("ATATT3", "ATCTT3", "ATBB"),
        _START + r"(?:AT[AC]TT3[A-Za-z0-9_=-]{40,}|ATBB[A-Za-z0-9]{32}" + _END + ")",
    ),
    KeyForm(
        "Square token",
        ("sq0", "EAAA"),
        _START + r"(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,43}|(?<![+/])EAAA[A-Za-z0-9_-]{60})" + _END,
    ),
    KeyForm(
        "Discord token",
        ("MD", "MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT"),
        # the number of a user in base64, then a time, then a signature
        _START
        + r"(?:M[DTjz]|N[DTjz]|O[DT])[A-Za-z0-9]{20,26}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"
        + _END,
    ),
    KeyForm(
        "New Relic key",
        ("NRAK-", "NRJS-", "NRII-", "NRIQ-", "NRRA-", "NRAL", "NRSP-"),
        _START + r"(?:NR(?:AK|JS|II|IQ|RA|SP)-[A-Za-z0-9_-]{19,42}|[a-f0-9]{36}NRAL)" + _END,
    ),
    KeyForm(
        "Doppler token",
        ("dp.",),
        _START
        + r"dp\.(?:pt|st|ct|sa|said|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"
        + _END,
    ),
    KeyForm(
        "Supabase key",
        ("sbp_", "sb_secret_"),
        _START + r"(?:sbp_(?:v0_)?[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,})" + _END,
    ),
    KeyForm("age key", ("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{50,}"),
    KeyForm("Heroku key", ("HRKU-",), _START + r"HRKU-[A-Za-z0-9_-]{36,}"),
    KeyForm(
        "Grafana token",
        ("glsa_", "glc_"),
        _START + r"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_eyJ[A-Za-z0-9+/=_-]{40,})",
    ),
    KeyForm(
        "Sentry token",
        ("sntrys_", "sntryu_"),
        _START + r"(?:sntrys_eyJ[A-Za-z0-9+/=_-]{40,}|sntryu_[a-f0-9]{64})",
    ),
    KeyForm("Postman key", ("PMAK-",), _START + r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}" + _END),
    KeyForm("Figma token", ("figd_",), _START + r"figd_[A-Za-z0-9_-]{40,}"),
    KeyForm("Airtable token", ("pat",), _START + r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}" + _END),
    KeyForm("Docker token", ("dckr_",), _START + r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    KeyForm("RubyGems key", ("rubygems_",), _START + r"rubygems_[a-f0-9]{48}" + _END),
    KeyForm("Pulumi token", ("pul-",), _START + r"pul-[a-f0-9]{40}" + _END),
    KeyForm(
        "PlanetScale token",
        ("pscale_",),
        _START + r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}",
    ),
    KeyForm("Netlify token", ("nfp_",), _START + r"nfp_[A-Za-z0-9]{36,40}" + _END),
    KeyForm(
        "Tailscale key", ("tskey-",), _START + r"tskey-[a-z]+-[A-Za-z0-9]{8,}-[A-Za-z0-9]{16,}"
    ),
    KeyForm(
        "Azure client secret",
        ("Q~",),
        _START + r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}" + _END,
    ),
    KeyForm(
        "LangSmith key", ("lsv2_",), _START + r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}" + _END
    ),
    KeyForm("Pinecone key", ("pcsk_",), _START + r"pcsk_[A-Za-z0-9_]{40,}"),
    KeyForm("Tavily key", ("tvly-",), _START + r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}"),
    KeyForm("Brevo key", ("xkeysib-",), _START + r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}" + _END),
    KeyForm("Mailchimp key", ("-us",), _START + r"[a-f0-9]{32}-us\d{1,2}" + _END),
    KeyForm(
        "HubSpot token",
        ("pat-",),
        _START + r"pat-(?:na|eu|ap)\d-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}" + _END,
    ),
    KeyForm(
        "Dynatrace token", ("dt0",), _START + r"dt0[a-z]\d{2}\.[A-Z2-7]{24}\.[A-Z2-7]{64}" + _END
    ),
    KeyForm("1Password token", ("ops_eyJ",), _START + r"ops_eyJ[A-Za-z0-9+/=_-]{80,}"),
    KeyForm("SonarQube token", ("squ_", "sqa_", "sqp_"), _START + r"sq[uap]_[a-f0-9]{40}" + _END),
    KeyForm("Buildkite token", ("bkua_",), _START + r"bkua_[a-f0-9]{40}" + _END),
    KeyForm(
        "CircleCI token",
        ("CCIPAT_", "CCIPRJ_"),
        _START + r"CCIP(?:AT|RJ)_[A-Za-z0-9]{20,24}_[a-f0-9]{40}" + _END,
    ),
    KeyForm("Razorpay key", ("rzp_",), _START + r"rzp_(?:live|test)_[A-Za-z0-9]{14,}" + _END),
    KeyForm("Resend key", ("re_",), _START + r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}" + _END),
    KeyForm(
        "Slack webhook",
        ("hooks.slack.com",),
        r"https://hooks\.slack\.com/(?:services|workflows)/(?P<key>[A-Za-z0-9_/-]{20,})",
    ),
    KeyForm("Discord webhook", ("api/webhooks/",), r"/api/webhooks/\d{15,}/(?P<key>[\w-]{40,})"),
    KeyForm("Telegram token", (":AA",), r"(?<![\w:])\d{8,10}:AA[A-Za-z0-9_-]{32,}" + _END),
    KeyForm(
        "Stripe key",
        ("k_live_", "k_test_", "whsec_"),
        _START + r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}" + _END,
    ),
    KeyForm("SendGrid key", ("SG.",), _START + r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    KeyForm("Twilio key", ("SK",), _START + r"SK[0-9a-f]{32}" + _END),
    KeyForm("Mailgun key", ("key-",), _START + r"key-[0-9a-f]{32}" + _END),
    KeyForm(
        "Shopify token",
        ("shpat_", "shpca_", "shppa_", "shpss_"),
        _START + r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}" + _END,
    ),
    KeyForm(
        "DigitalOcean token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        _START + r"do[por]_v1_[0-9a-f]{64}" + _END,
    ),
    KeyForm("Databricks token", ("dapi",), _START + r"dapi[0-9a-f]{32}(?:-\d)?" + _END),
    KeyForm("JSON Web Token", ("eyJ",), _START + r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    KeyForm(
        "private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]{0,6000}?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    KeyForm(
        "password in a URL",
        ("://",),
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^/\s:@]{0,64}:(?P<key>[^/\s:@]{3,128})"
        r"@[\w.-]",
    ),
    KeyForm(
        "bearer token",
        ("earer ",),
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?i:bearer)\s+(?P<key>[A-Za-z0-9._~+/-]{16,}=*)",
    ),
    KeyForm(
        "basic credentials",
        ("asic ",),
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?i:basic)\s+(?P<key>[A-Za-z0-9+/]{12,}={0,2})",
    ),
)

QUOTED_KEY = KeyForm(
    "quoted key",
    (),
    r"(?<![A-Za-z0-9])(?:sk|pk|rk|gsk|xai|hf|key)[-_][\w*.-]{6,}|AIza[\w-]{20,}|Bearer\s+\S+"
    r"|(?<=[?&]key=)[^&\s]+",
)
"""A key as a provider's message quotes one that it refuses: masked (`sk-ab***yz`), cut, wrong.

Too loose for other texts than such messages.
"""
