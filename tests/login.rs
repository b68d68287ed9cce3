//! Where credentials come from, and what happens when they are missing, expired, or come back. Whose they are is asked of
//! moto, which knows the sessions of roles that it gave keys to.
#![cfg(feature = "aws")]

#[path = "support/fault.rs"]
mod fault;
#[path = "support/program.rs"]
mod program;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fault::Reply;
use nepho::app::clock;
use program::{Following, finish, nepho};
use serde_json::{Value, json};
use server::{Server, boto};
use tempfile::TempDir;

const REGION: &str = "eu-west-1";

/// A home with these AWS configuration files.
fn home(config: &str, credentials: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let aws = home.path().join(".aws");
    fs::create_dir_all(aws.join("sso/cache")).unwrap();
    fs::write(aws.join("config"), config).unwrap();
    fs::write(aws.join("credentials"), credentials).unwrap();
    home
}

/// The program in that home, with nothing in the environment that logs in.
fn at_home(home: &Path, arguments: &[&str]) -> Command {
    let mut command = nepho(arguments);
    command
        .env("HOME", home)
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    command
}

/// Who moto says that asked.
fn identity(mut command: Command, moto: &Server) -> String {
    command.env("AWS_ENDPOINT_URL", moto.url());
    let (_, out, said) = finish(command);
    let checkups: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    checkups[0]["identity"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// Keys of a session of that name, as moto gives them.
fn keys(moto: &Server, session: &str) -> Value {
    boto(
        &moto.url(),
        REGION,
        "assume",
        &json!({ "session": session }),
    )
}

const DOCTOR: [&str; 4] = ["doctor", "--json", "--region", REGION];

#[test]
fn keys_come_from_the_environment_from_profiles_and_from_processes() {
    let moto = Server::moto();
    let [environment, file, process] =
        ["in-environment", "in-file", "of-process"].map(|name| keys(&moto, name));
    let text = |keys: &Value, key: &str| keys[key].as_str().unwrap().to_owned();
    let credentials = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
        text(&file, "AccessKeyId"),
        text(&file, "SecretAccessKey"),
        text(&file, "SessionToken"),
    );
    let home = home("", &credentials);
    let mut answer = process;
    answer["Version"] = 1.into();
    let printed = home.path().join("process.json");
    fs::write(&printed, answer.to_string()).unwrap();
    fs::write(
        home.path().join(".aws/config"),
        format!(
            "[profile tool]\ncredential_process = cat {}\n",
            printed.display()
        ),
    )
    .unwrap();

    let mut command = at_home(home.path(), &DOCTOR);
    command
        .env("AWS_ACCESS_KEY_ID", text(&environment, "AccessKeyId"))
        .env(
            "AWS_SECRET_ACCESS_KEY",
            text(&environment, "SecretAccessKey"),
        )
        .env("AWS_SESSION_TOKEN", text(&environment, "SessionToken"));
    assert!(identity(command, &moto).ends_with("/in-environment"));
    assert!(identity(at_home(home.path(), &DOCTOR), &moto).ends_with("/in-file"));
    let named = [&DOCTOR[..], &["--profile", "tool"]].concat();
    assert!(identity(at_home(home.path(), &named), &moto).ends_with("/of-process"));
    let mut command = at_home(home.path(), &DOCTOR);
    command.env("AWS_PROFILE", "tool");
    assert!(identity(command, &moto).ends_with("/of-process"));
}

#[test]
fn roles_are_assumed_by_a_profile_and_by_a_web_identity() {
    let moto = Server::moto();
    let role = "arn:aws:iam::123456789012:role/oncall";
    let home = home(
        &format!(
            "[profile oncall]\nrole_arn = {role}\nsource_profile = base\nrole_session_name = of-profile\n"
        ),
        "[base]\naws_access_key_id = test\naws_secret_access_key = test\n",
    );
    let named = [&DOCTOR[..], &["--profile", "oncall"]].concat();
    let who = identity(at_home(home.path(), &named), &moto);
    assert!(who.ends_with("assumed-role/oncall/of-profile"), "{who}");

    let token = home.path().join("token");
    fs::write(&token, "a.web.token").unwrap();
    let mut command = at_home(home.path(), &DOCTOR);
    command
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .env("AWS_ROLE_ARN", role)
        .env("AWS_ROLE_SESSION_NAME", "of-web-identity");
    let who = identity(command, &moto);
    assert!(
        who.ends_with("assumed-role/oncall/of-web-identity"),
        "{who}"
    );
}

#[test]
fn an_instance_gives_its_role_and_no_proxy_sees_it() {
    let ministack = Server::ministack();
    let home = home("", "");
    let mut command = at_home(home.path(), &DOCTOR);
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", ministack.url())
        .env(
            "HTTP_PROXY",
            format!("http://127.0.0.1:{}", server::free_port()),
        )
        .env("NO_PROXY", "nobody.test")
        .env("AWS_ENDPOINT_URL", "http://nowhere.test");
    // The calls themselves go through the proxy, which is away; the login does not.
    let (_, out, said) = finish(command);
    assert!(!said.contains("no AWS credentials"), "{said}");
    assert!(out.contains("refused"), "{out} {said}");

    // Where there is no such service, the end is soon and says what to do.
    let mut command = at_home(home.path(), &DOCTOR);
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://192.0.2.1");
    let watch = clock::Stopwatch::start();
    let (status, _, said) = finish(command);
    assert_eq!(status, Some(2));
    assert!(
        said.contains("no AWS credentials") && said.contains("nepho demo"),
        "{said}"
    );
    assert!(
        watch.elapsed() < Duration::from_secs(8),
        "{:?}",
        watch.elapsed()
    );
}

/// Name of the cache file of the session `corp`: its SHA-1.
const CACHED: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const SSO: &str = "[profile prod]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = oncall\n\
                   [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";

fn token(expires_at: &str) -> String {
    json!({ "accessToken": "secret", "expiresAt": expires_at, "region": "eu-west-1", "startUrl": "https://corp.awsapps.com/start" })
        .to_string()
}

#[test]
fn a_login_by_sso_that_expired_or_never_was_says_what_to_run() {
    let home = home(SSO, "");
    let named = [&DOCTOR[..], &["--profile", "prod"]].concat();
    for cached in [Some("2026-01-01T00:00:00Z"), None] {
        let path = home.path().join(CACHED);
        match cached {
            Some(expired) => fs::write(&path, token(expired)).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let (status, _, said) = finish(at_home(home.path(), &named));
        assert_eq!(status, Some(2));
        assert!(said.contains("run aws sso login --profile prod"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_login_by_sso_that_holds_gives_the_keys_of_its_role() {
    let moto = Server::moto();
    let role = keys(&moto, "of-sso");
    let portal = fault::serve(move |operation, _| {
        assert!(
            operation.starts_with("/federation/credentials"),
            "{operation}"
        );
        let keys = json!({ "accessKeyId": role["AccessKeyId"], "secretAccessKey": role["SecretAccessKey"],
                           "sessionToken": role["SessionToken"], "expiration": clock::now().0 + 3_600_000 });
        Reply::Json(200, json!({ "roleCredentials": keys }).to_string())
    });
    let home = home(SSO, "");
    let in_an_hour = clock::now().plus_ms(3_600_000).to_string();
    fs::write(home.path().join(CACHED), token(&in_an_hour)).unwrap();
    let named = [&DOCTOR[..], &["--profile", "prod"]].concat();
    let mut command = at_home(home.path(), &named);
    command.env("AWS_ENDPOINT_URL_SSO", portal);
    assert!(identity(command, &moto).ends_with("/of-sso"));
}

#[test]
fn once_the_login_is_renewed_it_goes_on_where_it_stopped_and_nothing_is_lost() {
    let expired = Arc::new(AtomicBool::new(false));
    let refused = Arc::new(AtomicUsize::new(0));
    let begun = clock::now().0;
    let url = fault::serve({
        let (expired, refused) = (Arc::clone(&expired), Arc::clone(&refused));
        let renewed = AtomicBool::new(false);
        move |operation, _| {
            if operation != "FilterLogEvents" {
                return Reply::Json(
                    404,
                    json!({ "__type": "ResourceNotFoundException" }).to_string(),
                );
            }
            if expired.load(Ordering::SeqCst) {
                refused.fetch_add(1, Ordering::SeqCst);
                renewed.store(true, Ordering::SeqCst);
                let text = "The security token included in the request is expired";
                return Reply::Json(
                    400,
                    json!({ "__type": "ExpiredTokenException", "message": text }).to_string(),
                );
            }
            // Two more were written while nobody was logged in.
            let last = if renewed.load(Ordering::SeqCst) { 4 } else { 2 };
            let event = |id: i64| {
                json!({ "eventId": id.to_string(), "logStreamName": "2026/11/20/[$LATEST]aa",
                "timestamp": begun - 5_000 + id, "ingestionTime": begun, "message": format!("line {id}") })
            };
            Reply::Json(
                200,
                json!({ "events": (0..last).map(event).collect::<Vec<_>>() }).to_string(),
            )
        }
    });
    let home = home("", "");
    let printed = home.path().join("process.json");
    let login = || {
        fs::write(
            &printed,
            json!({ "Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b" }).to_string(),
        )
        .unwrap();
    };
    fs::write(
        home.path().join(".aws/config"),
        format!(
            "[profile tool]\ncredential_process = cat {}\n",
            printed.display()
        ),
    )
    .unwrap();
    login();
    let tail = [
        "tail",
        "pay",
        "--json",
        "--profile",
        "tool",
        "--region",
        REGION,
        "--endpoint-url",
        &url,
    ];
    let tail = Following::start(at_home(home.path(), &tail));
    let messages = |count| -> Vec<String> {
        let lines = tail.lines(count, Duration::from_secs(20));
        let lines = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(messages(2), ["line 0", "line 1"]);

    // The token is refused from now on, and the process has no other.
    fs::remove_file(&printed).unwrap();
    expired.store(true, Ordering::SeqCst);
    let watch = clock::Stopwatch::start();
    while refused.load(Ordering::SeqCst) == 0 && watch.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(tail.lines(1, Duration::from_secs(2)), Vec::<String>::new());
    login();
    expired.store(false, Ordering::SeqCst);
    assert_eq!(messages(2), ["line 2", "line 3"], "each once, in order");
    let (status, said) = tail.interrupt();
    assert_eq!(status, Some(0));
    assert!(
        said.contains("profile tool"),
        "it said what is wrong meanwhile: {said}"
    );
}
