//! How nepho reaches AWS where the network is not plain: through proxies, with certificates of one's own, and with emulators.
#![cfg(feature = "aws")]

#[path = "support/fault.rs"]
mod fault;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/python.rs"]
mod python;

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fault::Reply;
use nepho::app::clock;
use program::{finish, nepho};
use pty::Pty;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tempfile::TempDir;

/// One line of one log group, and nothing else.
fn account(operation: &str, _: &str) -> Reply {
    match operation {
        "FilterLogEvents" => Reply::Json(
            200,
            json!({ "events": [{ "eventId": "1", "logStreamName": "2026/11/20/[$LATEST]aa", "timestamp": 1_795_168_800_000_i64,
                                 "ingestionTime": 1_795_168_800_100_i64, "message": "paid" }] })
            .to_string(),
        ),
        _ => Reply::Json(404, json!({ "__type": "ResourceNotFoundException" }).to_string()),
    }
}

/// The report on the function `pay` at the time of that line.
fn report(more: &[&str]) -> Command {
    let common = [
        "report",
        "--function",
        "pay",
        "--format",
        "json",
        "--at",
        "2026-11-20T10:00:00Z",
    ];
    let mut command = nepho(&[&common[..], more].concat());
    command.env("AWS_REGION", "eu-west-1");
    command
}

/// How many lines were read, and what was said on standard error.
fn lines(command: Command) -> (Option<u64>, String) {
    let (_, out, said) = finish(command);
    let report = serde_json::from_str::<Value>(&out).ok();
    let lines = report.and_then(|report| report["inputs"]["log_events"].as_u64());
    (lines, said)
}

const NOWHERE: &str = "http://aws.nowhere.test";

#[test]
fn an_endpoint_in_the_environment_needs_no_region() {
    let mut command = report(&[]);
    command
        .env_remove("AWS_REGION")
        .env("AWS_ENDPOINT_URL", fault::serve(account));
    let (read, said) = lines(command);
    assert_eq!(read, Some(1), "{said}");
    let mut command = report(&[]);
    command.env_remove("AWS_REGION");
    let (read, said) = lines(command);
    assert_eq!(read, None);
    assert!(
        said.contains("no AWS region") && said.contains("pass --region"),
        "{said}"
    );
}

#[test]
fn what_is_no_region_and_no_profile_is_said_to_be_none() {
    let (_, said) = lines(report(&["--region", "../x"]));
    assert_eq!(
        said,
        "nepho: ../x: no name of a region · one looks like eu-west-1\n"
    );
    // The region is wanting too, but no other profile would mend that.
    let mut command = report(&["--profile", "nosuch"]);
    command.env_remove("AWS_REGION");
    let (_, said) = lines(command);
    assert!(said.contains("profile nosuch is not defined"), "{said}");
}

#[test]
fn calls_go_through_the_proxy_that_is_named_but_not_to_the_hosts_that_are_excepted() {
    let proxy = fault::serve(account);
    let mut command = report(&["--endpoint-url", NOWHERE]);
    command.env("HTTP_PROXY", &proxy);
    let (read, said) = lines(command);
    assert_eq!(read, Some(1), "{said}");

    let mut command = report(&["--endpoint-url", NOWHERE]);
    command
        .env("HTTP_PROXY", &proxy)
        .env("NO_PROXY", "nowhere.test");
    let (read, said) = lines(command);
    assert_eq!(read, None);
    assert!(
        said.contains("no answer from http://aws.nowhere.test"),
        "{said}"
    );
}

/// A proxy that looks into what it forwards, as companies have them: it ends the tunnel itself, with a certificate that
/// only its own authority vouches for.
fn inspecting_proxy(folder: &Path) -> String {
    let pem = |name| folder.join(name);
    let chain = CertificateDer::pem_file_iter(pem("server.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain.map(Result::unwrap).collect(),
            PrivateKeyDer::from_pem_file(pem("key.pem")).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || {
                let mut plain = BufReader::new(connection);
                let (host, _) = fault::request(&mut plain)?;
                assert_eq!(host, "logs.eu-west-1.amazonaws.com:443");
                let mut plain = plain.into_inner();
                plain.write_all(b"HTTP/1.1 200 tunnel\r\n\r\n").ok()?;
                let tls = ServerConnection::new(config).unwrap();
                fault::converse(StreamOwned::new(tls, plain), &account)
            });
        }
    });
    address
}

fn certificates() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(python::interpreter())
        .arg(python::script("certificates.py"))
        .arg(folder.path())
        .arg("logs.eu-west-1.amazonaws.com")
        .status()
        .unwrap();
    assert!(made.success());
    folder
}

#[test]
fn a_proxy_with_its_own_authority_is_trusted_where_the_bundle_names_it() {
    let folder = certificates();
    let proxy = inspecting_proxy(folder.path());
    let others = fault::serve(account);
    let through = |bundle: Option<&str>| {
        let mut command = report(&["--log-group", "/aws/lambda/pay"]);
        // Only the logs go through it.
        command.env("HTTPS_PROXY", &proxy);
        for service in ["LAMBDA", "XRAY", "CLOUDWATCH", "STS"] {
            command.env(format!("AWS_ENDPOINT_URL_{service}"), &others);
        }
        if let Some(bundle) = bundle {
            command.env("AWS_CA_BUNDLE", folder.path().join(bundle));
        }
        lines(command)
    };
    let (read, said) = through(Some("ca.pem"));
    assert_eq!(read, Some(1), "{said}");
    let (read, said) = through(None);
    assert_eq!(read, None);
    assert!(
        said.contains("certificate") && said.contains("AWS_CA_BUNDLE"),
        "{said}"
    );
}

#[test]
fn a_bundle_that_cannot_be_used_is_named() {
    let folder = certificates();
    fs::write(folder.path().join("empty.pem"), "nothing").unwrap();
    fs::write(
        folder.path().join("broken.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    for name in ["absent.pem", "empty.pem", "broken.pem"] {
        let mut command = report(&[]);
        command.env("AWS_CA_BUNDLE", folder.path().join(name));
        let (read, said) = lines(command);
        assert_eq!(read, None);
        assert!(
            said.contains(name) && said.contains("check AWS_CA_BUNDLE"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// The dashboard on `eu-west-1` of that endpoint.
fn dashboard(url: &str, more: &[&str]) -> Pty {
    let watch = ["watch", "--region", "eu-west-1", "--endpoint-url", url];
    let login = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    Pty::start(120, 40, &[&watch, more].concat(), &login)
}

/// One function whose log is there and empty; all other questions are not known.
fn quiet_account(operation: &str) -> Reply {
    let answer = match operation {
        _ if operation.ends_with("/functions") || operation.contains("/functions?") => {
            json!({ "Functions": [{ "FunctionName": "worker" }] })
        }
        "DescribeLogGroups" => json!({ "logGroups": [{ "logGroupName": "/aws/lambda/worker" }] }),
        "FilterLogEvents" => json!({ "events": [] }),
        _ => {
            return Reply::Json(
                404,
                json!({ "__type": "UnknownOperationException" }).to_string(),
            );
        }
    };
    Reply::Json(200, answer.to_string())
}

#[test]
fn where_nobody_answers_every_pane_says_so_and_what_to_do() {
    // Nobody listens where a listener was a moment ago.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut dashboard = dashboard(&url, &[]);
    for pane in '1'..='9' {
        dashboard.send(&pane.to_string());
        dashboard.wait_for(&format!("[{pane} "));
        dashboard.wait_for(&format!(
            "no answer from {url} (refused) · check --endpoint-url"
        ));
    }
    dashboard.send("8");
    dashboard.wait_for("not known yet: lambda:GetAccountSettings");
    assert!(!dashboard.screen().contents().contains("have "));
    dashboard.send("q");
    dashboard.expect_clean_end(0);
}

#[test]
fn trouble_is_said_while_it_lasts_and_then_what_is_read() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let url = fault::serve(move |operation, _| {
        if is_well.load(Ordering::Relaxed) {
            quiet_account(operation)
        } else {
            let body = json!({ "__type": "InternalFailure" });
            Reply::Json(500, body.to_string())
        }
    });
    let mut dashboard = dashboard(&url, &[]);
    dashboard.wait_for("failed with 500 InternalFailure · trying again");
    well.store(true, Ordering::Relaxed);
    dashboard
        .wait_for("1 function in eu-west-1 · 1 of 1 log group read, 0 records, no invocation yet");
    dashboard.wait_gone("failed with 500");
    dashboard.send("8");
    // What is not known to the service may be allowed, or not.
    dashboard.wait_for("have   lambda:ListFunctions  logs:DescribeLogGroups  logs:FilterLogEvents");
    dashboard.wait_for("not known yet: lambda:GetAccountSettings");
    dashboard.send("q");
    dashboard.expect_clean_end(0);
}

/// A run that ended ten seconds ago, as its log tells it.
fn a_run() -> Value {
    let ended = clock::now().0 - 10_000;
    let id = "00000000-0000-4000-8000-000000000001";
    let lines = [
        format!("START RequestId: {id} Version: 1\n"),
        format!("END RequestId: {id}\n"),
        format!(
            "REPORT RequestId: {id}\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\n"
        ),
    ];
    let event = |(at, message): (i64, String)| {
        json!({ "eventId": at.to_string(), "logStreamName": "2026/11/20/[1]aa", "timestamp": ended + at, "ingestionTime": ended + at,
                "message": message })
    };
    json!({ "events": (0..).zip(lines).map(event).collect::<Vec<_>>() })
}

/// Two functions; of the second nothing can be read until it is said.
#[test]
fn while_a_log_group_is_not_read_yet_nothing_is_said_to_be_complete_or_well() {
    let read = Arc::new(AtomicBool::new(false));
    let is_read = Arc::clone(&read);
    let url = fault::serve(move |operation, body| {
        let answer = match operation {
            _ if operation.contains("/functions") => {
                json!({ "Functions": [{ "FunctionName": "first" }, { "FunctionName": "second" }] })
            }
            "FilterLogEvents" if body.contains("/first") => a_run(),
            "FilterLogEvents" => {
                while !is_read.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(50));
                }
                json!({ "events": [] })
            }
            _ => return quiet_account(operation),
        };
        Reply::Json(200, answer.to_string())
    });
    let mut dashboard = dashboard(
        &url,
        &[
            "--log-group",
            "/aws/lambda/first",
            "--log-group",
            "/aws/lambda/second",
        ],
    );
    dashboard.wait_for("1 of 2 log groups read so far, 1 invocation");
    let shown = dashboard.screen().contents();
    assert!(shown.contains("complete to ?"), "{shown}");
    assert!(!shown.contains("nothing wrong"), "{shown}");
    read.store(true, Ordering::Relaxed);
    dashboard.wait_for("nothing wrong in 1 min: 1 invocation");
    assert!(!dashboard.screen().contents().contains("complete to ?"));
    dashboard.send("q");
    dashboard.expect_clean_end(0);
}

#[test]
fn while_nothing_has_come_it_says_what_it_does() {
    // X-Ray answers, which brings no run; the functions are waited for.
    let url = fault::serve(|operation, _| match operation {
        _ if operation.contains("/functions") => Reply::Hang,
        _ if operation.contains("TraceSummaries") => {
            Reply::Json(200, json!({ "TraceSummaries": [] }).to_string())
        }
        _ => quiet_account(operation),
    });
    let mut dashboard = dashboard(&url, &[]);
    dashboard.send("8");
    dashboard.wait_for("0 segments");
    dashboard.send("1");
    dashboard.wait_for("looking for functions and log groups");
    dashboard.wait_gone("segments");
    dashboard.send("q");
    dashboard.expect_clean_end(0);
}

#[test]
fn a_moment_in_the_future_is_refused_before_the_screen_is_taken() {
    let url = fault::serve(|operation, _| quiet_account(operation));
    let watch = dashboard(&url, &["--at", "2999-11-20T10:00:00Z"]);
    watch.wait_for("--at 2999-11-20T10:00:00Z: lies in the future, it is ");
    assert!(!watch.raw_contains("\x1b[?1049h"), "no screen was taken");
}

#[test]
fn a_glob_that_fits_no_function_is_named() {
    let url = fault::serve(|operation, _| quiet_account(operation));
    let mut dashboard = dashboard(&url, &["--function", "nosuch*"]);
    dashboard.wait_for("no Lambda function in eu-west-1 that matches nosuch*");
    dashboard.send("q");
    dashboard.expect_clean_end(0);
}

/// Of two functions the log of the second is denied.
#[test]
fn a_denied_log_group_is_named_with_its_action_and_the_rest_goes_on() {
    let url = fault::serve(|operation, body| {
        let answer = match operation {
            _ if operation.contains("/functions") => {
                json!({ "Functions": [{ "FunctionName": "first" }, { "FunctionName": "second" }] })
            }
            "DescribeLogGroups" => {
                let groups = ["first", "second"];
                let group = |name| json!({ "logGroupName": format!("/aws/lambda/{name}") });
                json!({ "logGroups": groups.map(group) })
            }
            "FilterLogEvents" if body.contains("/first") => a_run(),
            "FilterLogEvents" => {
                let denied = json!({ "__type": "AccessDeniedException", "message": "no" });
                return Reply::Json(400, denied.to_string());
            }
            _ => return quiet_account(operation),
        };
        Reply::Json(200, answer.to_string())
    });
    let mut dashboard = dashboard(&url, &[]);
    dashboard.wait_for("nothing wrong in 1 min: 1 invocation");
    dashboard.wait_for("cannot see 1 of 2 log groups: 8 says why");
    dashboard.send("8");
    dashboard.wait_for("/aws/lambda/second");
    dashboard.wait_for("lack   logs:FilterLogEvents");
    let shown = dashboard.screen().contents();
    assert!(shown.contains("/aws/lambda/first"), "{shown}");
    dashboard.send("q");
    dashboard.expect_clean_end(0);
}
