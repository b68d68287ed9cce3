//! Emulators of AWS, each on a port of its own, ended with the test that started them.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread::sleep;
use std::time::Duration;

use crate::python;

use nepho::app::clock::Stopwatch;

/// A running emulator.
pub(crate) struct Server {
    port: u16,
    guard: Child,
}

impl Server {
    /// CloudWatch Logs and X-Ray. State is kept by region: a test that uses its own is alone.
    pub(crate) fn moto() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        shared(&SHARED, |port| {
            let mut command = guarded();
            command.arg(python::script("moto_fixed.py"));
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        })
    }

    /// CloudWatch metrics, the control plane of Lambda, and functions that really run.
    pub(crate) fn ministack() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        shared(&SHARED, |port| {
            let mut command = guarded();
            command.args(["-m", "ministack"]);
            command.env("GATEWAY_PORT", port.to_string());
            command
        })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    /// Closing its standard input ends the guard and all that it started.
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        self.guard.wait().ok();
    }
}

/// The interpreter twice: a guard, and under it the server whose arguments follow.
fn guarded() -> Command {
    let mut command = Command::new(python::interpreter());
    command
        .arg(python::script("guard.py"))
        .arg(python::interpreter());
    command
}

/// One server for all tests that run at the same time.
fn shared(held: &Mutex<Weak<Server>>, command: impl Fn(u16) -> Command) -> Arc<Server> {
    let mut held = held.lock().unwrap();
    if let Some(server) = held.upgrade() {
        return server;
    }
    let server = Arc::new(start(command));
    *held = Arc::downgrade(&server);
    server
}

fn start(command: impl Fn(u16) -> Command) -> Server {
    // Somebody else may take the port between our look and the server's start: then another.
    for _ in 0..3 {
        let port = free_port();
        let mut guard = command(port)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if answers(port, &mut guard) {
            return Server { port, guard };
        }
        drop(guard.stdin.take());
        guard.wait().ok();
    }
    panic!("the emulator does not start: {:?}", command(0));
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn answers(port: u16, guard: &mut Child) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let begun = Stopwatch::start();
    while begun.elapsed() < Duration::from_secs(60) {
        if guard.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        sleep(Duration::from_millis(50));
    }
    false
}

/// Calls the emulator with the independent client: `aws.py COMMAND`, its input as JSON, its answer as JSON.
pub(crate) fn boto(
    url: &str,
    region: &str,
    command: &str,
    input: &serde_json::Value,
) -> serde_json::Value {
    let mut client = Command::new(python::interpreter())
        .arg(python::script("client.py"))
        .args([url, region, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sink = client.stdin.take().unwrap();
    serde_json::to_writer(io::BufWriter::new(sink), input).unwrap();
    let done = client.wait_with_output().unwrap();
    let mut said = String::new();
    (&done.stderr[..]).read_to_string(&mut said).unwrap();
    assert!(done.status.success(), "{command}: {said}");
    serde_json::from_slice(&done.stdout).unwrap_or(serde_json::Value::Null)
}
