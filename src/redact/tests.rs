use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::model::settings::RedactRule;

fn redactor(rules: Vec<RedactRule>) -> Redactor {
    let settings = RedactSettings {
        rule: rules,
        ..RedactSettings::default()
    };
    Redactor::new(&settings, Key::of_text("a key")).unwrap()
}

/// The text with the hash of each mask left out, and the counts.
fn redacted(text: &str) -> String {
    let redactor = redactor(Vec::new());
    let mut counts = redactor.counts();
    let out = redactor.text(text, &mut counts).into_owned();
    assert_eq!(
        redactor.text(&out, &mut counts),
        out,
        "redacting twice changes nothing"
    );
    let masks = Regex::new(r"#[0-9a-f]{12}\]").unwrap();
    masks.replace_all(&out, "]").into_owned()
}

#[rstest]
#[case("key AKIAIOSFODNN7EXAMPLE used", "key [aws_key] used")]
#[case(
    "got wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE3KEY today",
    "got wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE3KEY today"
)]
#[case(
    "got wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPL3KEY today",
    "got [aws_secret] today"
)]
#[case("Authorization: Bearer abc.def-1", "Authorization: [secret]")]
#[case("sent bearer a1b2c3d4e5 ok", "sent bearer [bearer] ok")]
#[case("Basic authentication failed", "Basic authentication failed")]
#[case("with Basic dXNlcjpwYXNz.", "with Basic [bearer]")]
#[case("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig_-1, ok", "jwt [jwt], ok")]
#[case(
    "a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b",
    "a [private_key] b"
)]
#[case("cut -----BEGIN PRIVATE KEY-----\nMIIEow", "cut [private_key]")]
#[case(
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"
)]
#[case(
    "postgres://bob:hunter2@db.example.com/x",
    "postgres://bob:[url_password]@db.example.com/x"
)]
#[case("amqp://bob:p@ss@h/x", "amqp://bob:[url_password]@h/x")]
#[case("amqp://bob:pa/ss@h/x", "amqp://bob:[url_password]@h/x")]
#[case("http://host:8080/path?q=1", "http://host:8080/path?q=1")]
#[case("password=hunter2 next", "password=[secret] next")]
#[case("DB_PASSWORD: 'a b c'", "DB_PASSWORD: '[secret]'")]
#[case(
    r#"{"user":"x","clientSecret":"a\"b","n":1}"#,
    r#"{"user":"x","clientSecret":"[secret]","n":1}"#
)]
#[case(r#"{"pin": 1234, "n": 1}"#, r#"{"pin": "[secret]", "n": 1}"#)]
#[case(
    r#"{"message":"{\"apiKey\":\"abc\",\"pin\":12}"}"#,
    r#"{"message":"{\"apiKey\":\"[secret]\",\"pin\":\"[secret]\"}"}"#
)]
#[case(
    r#"{"credentials":{"a":"}","b":[1]},"n":1}"#,
    r#"{"credentials":"[secret]","n":1}"#
)]
#[case(r#"{"token":null,"secret":""}"#, r#"{"token":null,"secret":""}"#)]
#[case(
    r#"{"nextToken":"abc","idempotencyToken":"def"}"#,
    r#"{"nextToken":"abc","idempotencyToken":"def"}"#
)]
#[case(
    "Server=db;User Id=sa;Password=x/y==;Encrypt=yes",
    "Server=db;User Id=sa;Password=[secret];Encrypt=yes"
)]
#[case("{Cookie=a=b; c=d, Host=example}", "{Cookie=[secret], Host=example}")]
#[case("API Key: abcdef", "API Key: [secret]")]
#[case("PWD=/var/task", "PWD=/var/task")]
#[case("mail bob.o+x@mail.example.com.", "mail [email].")]
#[case("?to=bob%40example.com&x=1", "?to=[email]&x=1")]
#[case(r#"{"m":"hi\nbob@example.com"}"#, r#"{"m":"hi\n[email]"}"#)]
#[case(r#"{"m":"bob\u0040example.com"}"#, r#"{"m":"[email]"}"#)]
#[case("user@host, @decorator", "user@host, @decorator")]
#[case("card 4111 1111 1111 1111, 12/26", "card [card], 12/26")]
#[case("card 378282246310005 ok", "card [card] ok")]
#[case("on 2026-03-03 4111111111111111 ok", "on 2026-03-03 [card] ok")]
#[case("no card 4111111111111112", "no card 4111111111111112")]
#[case(
    r#"{"n":4111111111111111,"b":[5500005555555559]}"#,
    r#"{"n":"[card]","b":["[card]"]}"#
)]
#[case(r#"{"timestamp":1795168801274}"#, r#"{"timestamp":1795168801274}"#)]
#[case("from 203.0.113.7:443 to 10.1.2.3", "from [ip]:443 to [ip]")]
#[case("local 127.0.0.1 and 169.254.1.1", "local 127.0.0.1 and 169.254.1.1")]
#[case("v1.2.3.4 1.2.3.4.5 1.5 s", "v1.2.3.4 1.2.3.4.5 1.5 s")]
#[case("peer 2001:db8::7, at 10:00:01", "peer [ip], at 10:00:01")]
#[case("::1 std::vec a::b ::", "::1 std::vec a::b ::")]
#[case("ghp_0123456789abcdef0123456789abcdef0123", "[provider_token]")]
#[case(
    "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
    "https://sqs.eu-west-1.amazonaws.com/[account]/orders"
)]
#[case(
    r#"{"accountId":"123456789012","account_id": 123456789012,"n":1}"#,
    r#"{"accountId":"[account]","account_id": "[account]","n":1}"#
)]
#[case(
    r#"{"m":"{\"Owner\" : \"123456789012\"}"}"#,
    r#"{"m":"{\"Owner\" : \"[account]\"}"}"#
)]
#[case("account=123456789012, x", "account=[account], x")]
#[case("account 123456789012", "account 123456789012")]
// The account of a bucket's ARN is empty: what follows is the name.
#[case("arn:aws:s3:::123456789012", "arn:aws:s3:::123456789012")]
#[case(
    "arn:aws:sqs:eu-west-1:1234567890123:x",
    "arn:aws:sqs:eu-west-1:1234567890123:x"
)]
#[case("AsiaAKIAIOSFODNN7EXAMPLE", "Asia[aws_key]")]
#[case("asiaccount: 123456789012", "asiaccount: [account]")]
#[case(
    "arn:aws:sqs:eu-west-1:123456789012:orders",
    "arn:aws:sqs:eu-west-1:[account]:orders"
)]
#[case(
    "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
    "https://sqs.eu-west-1.amazonaws.com/[account]/orders"
)]
#[case(
    r#"{"accountId":123456789012,"account":"123456789012"}"#,
    r#"{"accountId":"[account]","account":"[account]"}"#
)]
fn values_are_replaced_and_nothing_else(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(redacted(text), expected);
}

#[rstest]
#[case("START RequestId: 8f6f2a51-4f0b-4c2e-9d0c-31b7ad0e9b11 Version: $LATEST\n")]
#[case(
    "REPORT RequestId: 8f6f2a51-4f0b-4c2e-9d0c-31b7ad0e9b11\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tXRAY TraceId: 1-5c755b5d-07b29b94e632d3da19d88789\tSegmentId: 57593f796e464a6f\tSampled: true\n"
)]
#[case("/aws/lambda/orders-worker")]
#[case("2026/03/01/[$LATEST]0123456789abcdef0123456789abcdef")]
#[case("37133745093129812734127341273412734127341273412734127341")]
#[case(r#"{"eventID":"shardId-000000000006:49590338271490256608559692538361571095921575989136588898","partitionKey":"1","sequenceNumber":"49590338271490256608559692538361571095921575989136588898"}"#)]
#[case(r#"{"SentTimestamp":"1545082649183","messageId":"059f36b4-87a3-44ab-83d2-661975830a7d"}"#)]
fn ids_that_join_records_match_no_rule(#[case] text: &str) {
    assert_eq!(redacted(text), text);
}

#[test]
fn equal_values_stay_equal_and_others_can_be_told_apart() {
    let redactor = redactor(Vec::new());
    let mut counts = redactor.counts();
    let out = redactor
        .text("a@b.com c@d.com a@b.com", &mut counts)
        .into_owned();
    let masks: Vec<&str> = out.split(' ').collect();
    assert_eq!(masks[0], masks[2]);
    assert_ne!(masks[0], masks[1]);
    assert_eq!(counts.by_rule(), [("email".to_owned(), 3)].into());
    let other = Redactor::new(&RedactSettings::default(), Key::of_text("another")).unwrap();
    assert_ne!(other.text("a@b.com", &mut counts), masks[0]);
}

#[test]
fn rules_of_the_settings_take_paths_and_patterns() {
    let rule = |name: &str, path: Option<&str>, pattern: Option<&str>| RedactRule {
        name: name.to_owned(),
        path: path.map(str::to_owned),
        pattern: pattern.map(str::to_owned),
    };
    let redactor = redactor(vec![
        rule("customer", Some("$.customer.name"), None),
        rule("iban", None, Some(r"iban (\w+)")),
    ]);
    let mut counts = redactor.counts();
    let out = redactor.text(
        r#"INFO {"customer":{"name":"Ann"},"note":"iban DE89370400440532013000"} end"#,
        &mut counts,
    );
    assert!(!out.contains("Ann") && !out.contains("DE89"), "{out}");
    assert!(out.starts_with("INFO {") && out.ends_with("} end"), "{out}");
    let counted: Vec<_> = counts.by_rule().into_iter().collect();
    assert_eq!(
        counted,
        [("customer".to_owned(), 1), ("iban".to_owned(), 1)]
    );
    let wrong = RedactSettings {
        rule: vec![rule("x", Some("$."), None)],
        ..RedactSettings::default()
    };
    let error = Redactor::new(&wrong, Key::of_text("")).err().unwrap();
    assert!(
        error.to_string().starts_with("[[redact.rule]] x: "),
        "{error}"
    );
}

#[test]
fn environment_variables_of_a_function_go_whatever_they_say() {
    let redactor = redactor(Vec::new());
    let mut counts = redactor.counts();
    let json =
        r#"{"FunctionName":"f","Environment":{"Variables":{"STAGE":"very-private"}},"Timeout":3}"#;
    let out = redactor.function(json, &mut counts);
    let read: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(read["Timeout"], 3);
    assert!(
        !out.contains("very-private") && !out.contains("STAGE"),
        "{out}"
    );
}

fn shared() -> &'static Redactor {
    static REDACTOR: std::sync::OnceLock<Redactor> = std::sync::OnceLock::new();
    REDACTOR.get_or_init(|| redactor(Vec::new()))
}

proptest! {
    #[test]
    fn any_text_is_redacted_once_and_for_all(text in r#"[a@.:="'\\\[\]{}#,\n 14-]{0,60}(password|token)?[:=]?[ "'\\a1.@:é]{0,20}"#) {
        let redactor = shared();
        let mut counts = redactor.counts();
        let once = redactor.text(&text, &mut counts).into_owned();
        let twice = redactor.text(&once, &mut counts).into_owned();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn json_stays_json(key in "(pin|password|note|to)", value in r#"[a-z@.:"\\=\n1]{0,30}"#, number in 0u64..9_999_999_999_999_999) {
        let redactor = shared();
        let mut counts = redactor.counts();
        let inner = serde_json::json!({ key.clone(): value, "pin": number }).to_string();
        let json = serde_json::json!({ key: value, "n": number, "inner": inner }).to_string();
        let out = redactor.text(&json, &mut counts);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{} became {}", json, out);
    }
}

/// Rules of paths alone, with the hash left out of masks.
fn by_path(path: &str, text: &str) -> String {
    let redactor = redactor(vec![RedactRule {
        name: "name".to_owned(),
        path: Some(path.to_owned()),
        pattern: None,
    }]);
    let out = redactor.text(text, &mut redactor.counts()).into_owned();
    let again = redactor.text(&out, &mut redactor.counts()).into_owned();
    assert_eq!(again, out, "twice changes nothing");
    let mask = Regex::new("#[0-9a-f]{12}").unwrap();
    mask.replace_all(&out, "").into_owned()
}

#[rstest]
// A JSON log line whose message is JSON, and one that an envelope quotes once more.
#[case(
    r#"{"level":"INFO","message":"{\"customer\":{\"name\":\"Ann\"}}"}"#,
    r#"{"level":"INFO","message":"{\"customer\":{\"name\":\"[name]\"}}"}"#
)]
#[case(
    r#"{"Records":[{"body":"{\"message\":\"{\\\"customer\\\":{\\\"name\\\":\\\"Ann\\\"}}\"}"}]}"#,
    r#"{"Records":[{"body":"{\"message\":\"{\\\"customer\\\":{\\\"name\\\":\\\"[name]\\\"}}\"}"}]}"#
)]
// The line is a string.
#[case(
    r#"event "{\"customer\":{\"name\":\"Ann\"}}" taken"#,
    r#"event "{\"customer\":{\"name\":\"[name]\"}}" taken"#
)]
// Brackets that are no document, and a second document.
#[case(
    r#"[INFO] [1/2] {"n":1} {"customer":{"name":"Ann"}}"#,
    r#"[INFO] [1/2] {"n":1} {"customer":{"name":"[name]"}}"#
)]
// Text before the JSON in a string.
#[case(
    r#"{"message":"got {\"customer\":{\"name\":\"Ann\"}} ok"}"#,
    r#"{"message":"got {\"customer\":{\"name\":\"[name]\"}} ok"}"#
)]
// What does not match stays as it was written, blanks and all.
#[case(
    r#"{ "customer": {"id": 7}, "message": "{\"a\": 1}" }"#,
    r#"{ "customer": {"id": 7}, "message": "{\"a\": 1}" }"#
)]
fn a_path_reaches_json_wherever_a_line_holds_it(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(by_path("$.customer.name", text), expected);
}

#[test]
fn hostile_brackets_and_depth_end() {
    let brackets = "[\"".repeat(100_000);
    assert_eq!(by_path("$.a", &brackets), brackets);
    let mut deep = r#"{"a":"x"}"#.to_owned();
    for _ in 0..8 {
        deep = serde_json::json!({ "b": deep }).to_string();
    }
    // Deeper than is followed: the line stays whole, if unmasked.
    assert!(by_path("$.a", &deep).contains('x'));
}
