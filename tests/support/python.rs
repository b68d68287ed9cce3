//! One virtual environment under `target/` with the emulators and an independent AWS client, made once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What the tests stand on. A change of it makes the environment anew.
const REQUIREMENTS: [&str; 4] = ["moto[server]==5.2.5", "ministack==1.5.33", "cbor2", "boto3"];

/// The interpreter of the environment. Fails, and says so, where python3 is missing.
pub(crate) fn interpreter() -> &'static Path {
    static INTERPRETER: OnceLock<PathBuf> = OnceLock::new();
    INTERPRETER.get_or_init(make)
}

/// A script of this folder.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/support")
        .join(name)
}

fn make() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulators");
    let stamp = home.join("requirements.txt");
    let python = home.join("bin/python3");
    fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // Other test processes may want it at the same time.
    let lock = File::create(home.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = REQUIREMENTS.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return python;
    }
    if home.exists() {
        fs::remove_dir_all(&home).unwrap();
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    run(install.args(REQUIREMENTS));
    fs::write(&stamp, wanted).unwrap();
    python
}

fn run(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().unwrap_or_else(|error| {
        panic!(
            "{command:?}: {error} · the tests against AWS emulators need python3 with its venv module on the PATH"
        )
    });
    assert!(
        done.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}
