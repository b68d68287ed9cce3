//! What is left out must be what the rules find nothing at.

use proptest::prelude::*;

use super::*;
use crate::model::settings::RedactSettings;
use crate::redact::{Key, Redactor};

/// Every place that rules could look at, whatever stands around it.
fn all_places(text: &str) -> Places {
    const SIGNS: [(Sign, &str); 7] = [
        (Sign::Account, "account"),
        (Sign::Account, "owner"),
        (Sign::Account, "arn:aws"),
        (Sign::Account, "amazonaws.com/"),
        (Sign::Url, "://"),
        (Sign::Url, r":\/\/"),
        (Sign::PrivateKey, "-----begin "),
    ];
    let of = |wanted: &[char]| text.match_indices(wanted).map(|(at, _)| at).collect();
    let small = text.to_ascii_lowercase();
    let signs = SIGNS.iter().flat_map(|(sign, word)| {
        let found = small.match_indices(word);
        found.map(|(at, word)| (*sign, at..at + word.len()))
    });
    let mut signs: Vec<_> = signs.collect();
    signs.sort_by_key(|(_, range)| range.end);
    Places {
        separators: of(&[':', '=']),
        ats: (0..text.len())
            .filter(|at| {
                text.as_bytes()[*at..].starts_with(b"@")
                    || text.as_bytes()[*at..].starts_with(b"%40")
            })
            .collect(),
        dots: of(&['.']),
        colons: of(&[':']),
        credentials: Credentials {
            aws_key: true,
            jwt: true,
            provider: true,
            bearer: true,
        },
        signs,
    }
}

/// What texts with secrets are made of, and what is near to it.
const PIECES: [&str; 96] = [
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "akiaiosfodnn7example",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPL3KEY",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig_-1",
    "ghp_a1b2c3d4e5f6a7b8c9d0",
    "ghr_a1b2c3d4e5f6a7b8c9d0",
    "github_pat_a1b2c3d4e5f6a7b8",
    "glpat-a1b2c3d4e5f6a7b8",
    "xoxb-a1b2c3d4",
    "xoxs-a1b2c3d4",
    "sk_live_a1b2c3d4",
    "rk_test_a1b2c3d4",
    "sk-a1b2c3d4e5f6a7b8c9d0",
    "AIzaa1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
    "ya29.a1b2c3d4e5",
    "npm_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
    "SG.a1b2c3d4e5f6a7b8.a1b2c3d4e5f6a7b8",
    "NRAK-A1B2C3D4E5F6A7B8C9D0",
    "hooks.slack.com/services/T0/B0a1b2c3",
    "Bearer a1b2c3d4",
    "BASIC%20dXNlcjpwYXNz",
    "negotiate+a1b2c3d4",
    "Digest a1b2c3d4",
    "arn:aws:iam::418273650912:role/x",
    "ARN:AWS:418273650912",
    "arn:aws-cn:sqs:cn-north-1:418273650912",
    "sqs.eu-west-1.amazonaws.com/418273650912/q",
    "AccountId",
    "account_id",
    "account",
    "owner",
    "OWNER",
    "418273650912",
    "https://",
    r"https:\/\/",
    "bob:hunter2@db.example.com/x",
    "a1b2c3d4e5f6a7b8@h",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "-----begin private key-----",
    "password",
    "db_pass_word",
    "pw",
    "p.w",
    "pass",
    "x-api-key",
    "api key",
    "Key",
    "nextToken",
    "session_token",
    "Authorization",
    "Set-Cookie",
    "ssn",
    "otp",
    "SIG",
    "jwt",
    "connectionString",
    "duration",
    "requestId",
    "hunter2",
    "null",
    "a@example.com",
    "a%40example.com",
    "@",
    "%",
    "10.1.2.3",
    "1.2.3.4.5",
    "127.0.0.1",
    "3.14",
    "2001:db8::8a2e:370:7334",
    "::ffff:10.1.2.3",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:1.2.3.4",
    "fe80::1",
    "12:30:45.123",
    "4111111111111111",
    "4111-1111-1111-1111",
    "378282246310005",
    "1764150000123",
    "d46f2f88-b8fa-4993-b8be-c756d697f8b1",
    "[email#1f0c9a774b2e]",
    ":",
    "=",
    "=>",
    "\"",
    "\\\"",
    "\\\\\\\"",
    "'",
    " ",
    "\n",
    "\\n",
    ",",
    "{",
    "}",
    "é",
];

fn redactor() -> &'static Redactor {
    static REDACTOR: std::sync::OnceLock<Redactor> = std::sync::OnceLock::new();
    let new = || Redactor::new(&RedactSettings::default(), Key::of_text("a key"));
    REDACTOR.get_or_init(|| new().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn places_are_left_out_only_where_nothing_is_found(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24), noise in "[ -~]{0,8}") {
        let redactor = redactor();
        let text = pieces.concat() + &noise;
        let (mut counts, mut all_counts) = (redactor.counts(), redactor.counts());
        let masked = redactor.masked(&text, &mut |_, _| {}, &mut counts);
        let all = redactor.masked_at(&text, &all_places(&text), &mut |_, _| {}, &mut all_counts);
        prop_assert_eq!(masked, all);
        prop_assert_eq!(counts, all_counts);
    }
}
