//! The snapshot: nothing secret leaves, nothing is lost, nothing damaged is believed.

#[path = "support/incident.rs"]
mod incident;
#[path = "support/program.rs"]
mod program;
#[path = "support/secrets.rs"]
mod secrets;

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use incident::incident;
use nepho::app::clock::Stopwatch;
use program::{Following, finish, nepho};
use serde_json::Value;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes a snapshot with these arguments; its path.
fn snapshot(arguments: &[&str]) -> PathBuf {
    let (status, out, said) = finish(nepho(&[&["snapshot"], arguments].concat()));
    assert_eq!(status, Some(0), "{said}");
    PathBuf::from(out.trim_end())
}

fn report(arguments: &[&str]) -> Value {
    let fixed = ["--format", "json", "--full", "--exit-zero"];
    let (status, out, said) = finish(nepho(&[&["report"], arguments, &fixed].concat()));
    assert_eq!((status, said.as_str()), (Some(0), ""));
    serde_json::from_str(&out).unwrap()
}

/// The files of an archive.
fn files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let stream = zstd::Decoder::new(File::open(path).unwrap()).unwrap();
    let mut archive = tar::Archive::new(stream);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (name, content)
    });
    entries.collect()
}

fn manifest(path: &Path) -> Value {
    serde_json::from_slice(&files(path)[0].1).unwrap()
}

/// Every file of a snapshot.
const FILES: [&str; 11] = [
    "findings.csv",
    "invocations.csv",
    "logs.otlp.jsonl",
    "manifest.json",
    "records.ndjson.zst",
    "report.html",
    "report.json",
    "report.md",
    "screen.svg",
    "trace-events.json",
    "traces.otlp.jsonl",
];

#[test]
fn it_opens_again_and_says_the_same() {
    let folder = folder();
    let (path, config) = incident(folder.path(), 90);
    let config = ["--config", text(&config)];
    let first = folder.path().join("a.tar.zst");
    let arguments = [text(&path), "-o", text(&first)];
    assert_eq!(snapshot(&[&arguments, &config[..]].concat()), first);
    let mode = fs::metadata(&first).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner may read it");

    let recorded = report(&[&[text(&path)], &config[..]].concat());
    assert!(recorded["invocations"].as_array().unwrap().len() > 500);
    let again = report(&[&[text(&first)], &config[..]].concat());
    assert_eq!(again, recorded, "no record was lost, no id was changed");
    let inside = files(&first);
    let mut names: Vec<&str> = inside.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "manifest.json");
    names.sort_unstable();
    assert_eq!(names, FILES);
    let kept = inside
        .iter()
        .find(|(name, _)| name == "report.json")
        .unwrap();
    let kept: Value = serde_json::from_slice(&kept.1).unwrap();
    assert_eq!(kept, recorded, "the report in it is that of its records");

    // A snapshot of a snapshot, in each form: the same records.
    let zip = folder.path().join("b.zip");
    snapshot(&[&[text(&first), "-o", text(&zip)], &config[..]].concat());
    let dir = folder.path().join("c");
    snapshot(&[&[text(&zip), "--dir", "-o", text(&dir)], &config[..]].concat());
    let last = folder.path().join("d.tar.zst");
    snapshot(&[&[text(&dir), "-o", text(&last)], &config[..]].concat());
    assert_eq!(manifest(&first), manifest(&last), "nothing was lost");
    assert!(
        fs::read(&first).unwrap() == fs::read(&last).unwrap(),
        "same input, same bytes"
    );
    assert_eq!(report(&[&[text(&zip)], &config[..]].concat()), recorded);
    assert_eq!(report(&[&[text(&dir)], &config[..]].concat()), recorded);
}

#[test]
fn no_planted_secret_is_in_any_byte() {
    let folder = folder();
    let inputs = secrets::inputs(folder.path());
    let settings = secrets::settings(folder.path());
    let zip = folder.path().join("x.zip");
    for (form, arguments) in [("tar", vec![]), ("zip", vec!["-o", text(&zip)])] {
        let mut all = vec![text(&inputs), "--config", text(&settings)];
        if form == "tar" {
            all.extend(["-o", text(folder.path())]);
        }
        all.extend(arguments);
        let path = snapshot(&all);
        let dir = folder.path().join(format!("unpacked-{form}"));
        snapshot(&[text(&path), "--dir", "-o", text(&dir)]);
        let mut seen = Vec::new();
        for entry in fs::read_dir(&dir).unwrap() {
            let place = entry.unwrap().path();
            let mut bytes = fs::read(&place).unwrap();
            if place
                .extension()
                .is_some_and(|extension| extension == "zst")
            {
                bytes = zstd::decode_all(&bytes[..]).unwrap();
            }
            let found = secrets::found_in(&bytes);
            assert!(found.is_empty(), "{} holds {found:?}", place.display());
            seen.push(place.file_name().unwrap().to_str().unwrap().to_owned());
        }
        seen.sort_unstable();
        assert_eq!(seen, FILES, "all of them were looked at");
        // The archive itself, and its name.
        assert!(secrets::found_in(&fs::read(&path).unwrap()).is_empty());
        assert!(secrets::found_in(text(&path).as_bytes()).is_empty());
    }
}

#[test]
fn the_manifest_counts_what_was_replaced_and_lines_stay() {
    let folder = folder();
    let inputs = secrets::inputs(folder.path());
    let path = snapshot(&[text(&inputs), "-o", text(folder.path())]);
    let told = manifest(&path);
    assert_eq!(told["redaction"]["on"], true);
    for rule in [
        "aws_key",
        "aws_secret",
        "bearer",
        "jwt",
        "private_key",
        "url_password",
        "secret",
        "provider_token",
        "email",
        "card",
        "ip",
        "environment",
        "account",
    ] {
        let count = told["redaction"]["values"][rule].as_u64();
        assert!(count.is_some_and(|count| count > 0), "{rule}: {told}");
    }
    // In each round one document is of no known shape.
    let refused = secrets::texts().count();
    assert_eq!(told["records"]["unparsed"], refused);
    // What is odd about them is said on standard error.
    let inputs_of = |path: &Path| {
        let arguments = ["report", text(path), "--format", "json", "--exit-zero"];
        let (_, out, _) = finish(nepho(&arguments));
        serde_json::from_str::<Value>(&out).unwrap()["inputs"].take()
    };
    let (raw, masked) = (inputs_of(&inputs), inputs_of(&path));
    assert!(raw["log_events"].as_u64() > Some(100));
    assert_eq!(masked, raw, "values go, lines stay");

    let open = folder.path().join("open.tar.zst");
    snapshot(&[text(&inputs), "--no-redact", "-o", text(&open)]);
    assert_eq!(manifest(&open)["redaction"]["on"], false);
    assert!(!secrets::found_in(&zstd::decode_all(File::open(&open).unwrap()).unwrap()).is_empty());
}

#[test]
fn a_scope_keeps_what_is_linked_and_nothing_else() {
    let folder = folder();
    let (path, config) = incident(folder.path(), 90);
    let whole = report(&[text(&path), "--config", text(&config)]);
    let link = &whole["links"].as_array().unwrap()[0];
    let (parent, child) = (
        link["parent"].as_str().unwrap(),
        link["child"].as_str().unwrap(),
    );
    let target = folder.path().join("one.tar.zst");
    snapshot(&[
        text(&path),
        "--config",
        text(&config),
        "--request",
        child,
        "-o",
        text(&target),
    ]);
    let kept = report(&[text(&target), "--config", text(&config)]);
    let ids: Vec<&str> = kept["invocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["request_id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&child) && ids.contains(&parent), "{ids:?}");
    assert!(ids.len() < 100, "{} invocations", ids.len());
    assert_eq!(manifest(&target)["scope"]["request"], child);

    let finding = whole["findings"][0]["id"].as_str().unwrap();
    let (status, out, said) = finish(nepho(&[
        "snapshot",
        text(&path),
        "--config",
        text(&config),
        "--finding",
        finding,
        "-o",
        text(folder.path()),
    ]));
    assert_eq!(status, Some(0), "{said}");
    let kept = report(&[out.trim_end(), "--config", text(&config)]);
    let all = whole["totals"]["invocations"].as_u64().unwrap();
    let some = kept["totals"]["invocations"].as_u64().unwrap();
    assert!(some > 0 && some < all, "{some} of {all}");

    let (status, _, said) = finish(nepho(&[
        "snapshot",
        text(&path),
        "--finding",
        "no:such:one",
    ]));
    assert_eq!(status, Some(2));
    assert!(said.contains("no:such:one: no such finding"), "{said}");
}

/// An archive with these entries, the manifest's hashes as they are.
fn archive(path: &Path, entries: &[(String, Vec<u8>, tar::EntryType)]) {
    let file = zstd::Encoder::new(File::create(path).unwrap(), 1).unwrap();
    let mut builder = tar::Builder::new(file);
    for (name, content, kind) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_entry_type(*kind);
        if !kind.is_file() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, &content[..]).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
}

#[test]
fn what_is_damaged_or_hostile_is_refused_with_the_reason() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let good = folder.path().join("good.tar.zst");
    snapshot(&[text(&path), "-o", text(&good)]);
    let plain: Vec<_> = files(&good)
        .into_iter()
        .map(|(name, content)| (name, content, tar::EntryType::Regular))
        .collect();
    let told = |entries: &[(String, Vec<u8>, tar::EntryType)]| {
        let path = folder.path().join("bad.tar.zst");
        archive(&path, entries);
        refused(&path)
    };
    archive(&folder.path().join("same.tar.zst"), &plain);
    assert!(
        refused(&folder.path().join("same.tar.zst")).is_empty(),
        "packed anew it is good"
    );

    let with = |change: &dyn Fn(&mut Vec<(String, Vec<u8>, tar::EntryType)>)| {
        let mut entries = plain.clone();
        change(&mut entries);
        told(&entries)
    };
    let cases: [(&str, String); 9] = [
        ("its SHA-256 is another", with(&|all| all[2].1[0] ^= 1)),
        ("fewer bytes", with(&|all| all[2].1.truncate(1))),
        (
            "is not in its manifest",
            with(&|all| all.push(("x.txt".into(), vec![1], tar::EntryType::Regular))),
        ),
        (
            "is no name of a file in it",
            with(&|all| all[2].0 = "../../etc/cron.d/x".into()),
        ),
        (
            "is no plain file",
            with(&|all| all[2] = ("report.md".into(), vec![], tar::EntryType::Symlink)),
        ),
        ("is missing", with(&|all| all.truncate(3))),
        ("is in it twice", with(&|all| all.push(all[2].clone()))),
        (
            "its schema is nepho.snapshot/9",
            with(&|all| {
                let text = String::from_utf8(all[0].1.clone()).unwrap();
                all[0].1 = text
                    .replace("nepho.snapshot/1", "nepho.snapshot/9")
                    .into_bytes();
            }),
        ),
        (
            "claims to unpack to",
            with(&|all| {
                let mut manifest: Value = serde_json::from_slice(&all[0].1).unwrap();
                manifest["files"][0]["bytes"] = (1u64 << 50).into();
                all[0].1 = serde_json::to_vec(&manifest).unwrap();
            }),
        ),
    ];
    for (reason, said) in cases {
        assert!(said.contains(reason), "{reason}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("refused: ") && said.contains("--salvage"),
            "{said}"
        );
    }

    let bytes = fs::read(&good).unwrap();
    let cut = folder.path().join("cut.tar.zst");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert!(refused(&cut).contains("cut off"), "{}", refused(&cut));
}

/// What `nepho report` says of a file that it refuses; empty if it does not.
fn refused(path: &Path) -> String {
    let (status, _, said) = finish(nepho(&["report", text(path), "--exit-zero"]));
    assert_eq!(status, Some(if said.is_empty() { 0 } else { 2 }), "{said}");
    said
}

#[test]
fn a_bomb_of_records_is_refused() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let good = folder.path().join("good.tar.zst");
    snapshot(&[text(&path), "-o", text(&good)]);
    let mut entries: Vec<_> = files(&good)
        .into_iter()
        .map(|(name, content)| (name, content, tar::EntryType::Regular))
        .collect();
    // 64 MB in one line, in some kilobytes, with a manifest that fits but for the length.
    let bomb = zstd::encode_all(&vec![b' '; 64 << 20][..], 3).unwrap();
    let mut manifest: Value = serde_json::from_slice(&entries[0].1).unwrap();
    let records = manifest["files"].as_array_mut().unwrap();
    let records = records
        .iter_mut()
        .find(|file| file["name"] == "records.ndjson.zst")
        .unwrap();
    records["bytes"] = bomb.len().into();
    records["sha256"] = sha256(&bomb).into();
    entries[0].1 = serde_json::to_vec(&manifest).unwrap();
    let at = entries
        .iter()
        .position(|(name, ..)| name == "records.ndjson.zst")
        .unwrap();
    entries[at].1 = bomb;
    let bad = folder.path().join("bomb.tar.zst");
    archive(&bad, &entries);
    let (_, _, said) = finish(nepho(&["report", text(&bad), "--exit-zero"]));
    assert!(
        said.contains("longer than any") || said.contains("more bytes than"),
        "{said}"
    );
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let hash: [u8; 32] = sha2::Sha256::digest(bytes).into();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_sound_can_be_salvaged() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let good = folder.path().join("good.tar.zst");
    snapshot(&[text(&path), "-o", text(&good)]);
    let mut entries: Vec<_> = files(&good)
        .into_iter()
        .map(|(name, content)| (name, content, tar::EntryType::Regular))
        .collect();
    let at = entries
        .iter()
        .position(|(name, ..)| name == "report.md")
        .unwrap();
    entries[at].1[0] ^= 1;
    let bad = folder.path().join("bad.tar.zst");
    archive(&bad, &entries);
    assert!(refused(&bad).contains("report.md"));
    assert_eq!(report(&[text(&bad), "--salvage"]), report(&[text(&good)]));
}

#[test]
fn a_failure_leaves_the_old_file_or_none() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let old = folder.path().join("old.tar.zst");
    fs::write(&old, "old").unwrap();
    let (status, ..) = finish(nepho(&[
        "snapshot",
        text(&path),
        "--finding",
        "no",
        "-o",
        text(&old),
    ]));
    assert_eq!(status, Some(2));
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    let (status, _, said) = finish(nepho(&[
        "snapshot",
        text(&path),
        "-o",
        "/proc/nowhere/x.tar.zst",
    ]));
    assert_eq!(status, Some(2));
    assert!(said.contains("cannot be written"), "{said}");
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_str().unwrap().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What begins with a dot in a folder.
fn hidden(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn ctrl_c_leaves_the_old_file_and_nothing_else() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let old = folder.path().join("old.tar.zst");
    fs::write(&old, "old").unwrap();
    let running = Following::start(nepho(&["snapshot", text(&path), "-o", text(&old)]));
    let watch = Stopwatch::start();
    while hidden(folder.path()).is_empty() {
        assert!(
            watch.elapsed().as_secs() < 120,
            "it does not begin to write"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let (status, said) = running.interrupt();
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("cancelled: nothing was written"), "{said}");
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    assert_eq!(hidden(folder.path()), Vec::<String>::new());
}

#[test]
fn a_full_disk_leaves_the_old_file_and_says_so() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let old = folder.path().join("old.tar.zst");
    fs::write(&old, "old").unwrap();
    // Files may have 64 kB here; a program that ignores the signal is told by an error, as on a full disk.
    let mut shell = nepho(&[]);
    let program = shell.get_program().to_owned();
    shell = std::process::Command::new("bash");
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    shell.args(["-c", script, "bash"]).arg(program);
    shell.args(["snapshot", text(&path), "-o", text(&old)]);
    let (status, _, said) = finish(shell);
    assert_eq!(status, Some(2), "{said}");
    assert!(
        said.contains("cannot be written") && said.contains("the room on it"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    assert_eq!(hidden(folder.path()), Vec::<String>::new());
}

#[test]
fn what_a_kill_leaves_is_taken_away_by_the_next_snapshot_but_not_what_is_being_written() {
    let folder = folder();
    let (path, _) = incident(folder.path(), 90);
    let target = folder.path().join("a.tar.zst");
    let mut child = nepho(&["snapshot", text(&path), "-o", text(&target)])
        .spawn()
        .unwrap();
    while hidden(folder.path()).is_empty() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it could be killed"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!target.exists());
    let left = hidden(folder.path());
    assert_eq!(left.len(), 1, "{left:?}");
    let mode = fs::metadata(folder.path().join(&left[0]))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else looks into it");
    // Another one that somebody is writing, as far as can be seen.
    let alive = folder.path().join(".nepho-snapshot-1-0.part");
    fs::create_dir(&alive).unwrap();
    let held = File::open(&alive).unwrap();
    held.lock().unwrap();
    snapshot(&[text(&path), "-o", text(&target)]);
    assert_eq!(hidden(folder.path()), [".nepho-snapshot-1-0.part"]);
}
