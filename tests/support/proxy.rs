//! A proxy between nepho and an emulator that passes calls on, and some of them badly.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nepho::app::clock::Stopwatch;
use serde_json::{Value, json};

/// What goes wrong with one call of `FilterLogEvents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Status and error code.
    Refused(u16, &'static str),
    Reset,
    /// No answer.
    Hangs,
    /// Half of the body that was announced, then the end of the connection.
    Half,
    /// The body comes in a few pieces, over so many milliseconds.
    Slow(u64),
    /// The body is no JSON.
    Garbled,
    /// The page before comes again; it names the page that was asked for.
    Again,
    /// The events of the page stand in the wrong order.
    Reversed,
    /// No event, and a token.
    Empty,
}

/// The token of an empty page that stands before the first one.
const NOTHING_YET: &str = "nothing-yet";

/// A running proxy. It ends with the test.
pub(crate) struct Proxy {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    /// Events of a page.
    limit: usize,
    plan: Box<dyn Fn(usize) -> Option<Fault> + Send + Sync>,
    denies: Box<Denial>,
    clock: Stopwatch,
    state: Mutex<State>,
}

/// Whether a right is missing, by the head of a call and its body.
type Denial = dyn Fn(&str, &str) -> bool + Send + Sync;

#[derive(Default)]
struct State {
    /// When `FilterLogEvents` was called.
    calls: Vec<Duration>,
    /// The last page that was passed on.
    before: Option<Value>,
}

impl Proxy {
    /// Passes all calls on to `upstream`; `plan` says what goes wrong with the nth `FilterLogEvents`.
    pub(crate) fn start(
        upstream: &str,
        limit: usize,
        plan: impl Fn(usize) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::between(upstream, limit, Box::new(plan), Box::new(|_, _| false))
    }

    /// Passes all calls on to `upstream` but those that it denies, by their head and body.
    pub(crate) fn denying(
        upstream: &str,
        denies: impl Fn(&str, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::between(upstream, 10_000, Box::new(|_| None), Box::new(denies))
    }

    fn between(
        upstream: &str,
        limit: usize,
        plan: Box<dyn Fn(usize) -> Option<Fault> + Send + Sync>,
        denies: Box<Denial>,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            limit,
            plan,
            denies,
            clock: Stopwatch::start(),
            state: Mutex::default(),
        });
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Self {
            url,
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || while shared.serve(&connection).is_some() {});
            }
        });
        proxy
    }

    /// How many times `FilterLogEvents` was called, and the most within any second.
    pub(crate) fn calls(&self) -> (usize, usize) {
        let calls = self.shared.state.lock().unwrap().calls.clone();
        let second = Duration::from_secs(1);
        let within = |at: usize| calls.partition_point(|next| *next < calls[at] + second) - at;
        (calls.len(), (0..calls.len()).map(within).max().unwrap_or(0))
    }
}

impl Shared {
    /// One call, passed on; `None` where the connection ends.
    fn serve(&self, connection: &TcpStream) -> Option<()> {
        let mut reader = BufReader::with_capacity(1, connection);
        let (head, length) = head(&mut reader)?;
        let filter = head.contains("FilterLogEvents");
        let fault = if filter {
            let mut state = self.state.lock().unwrap();
            state.calls.push(self.clock.elapsed());
            (self.plan)(state.calls.len() - 1)
        } else {
            None
        };
        if fault == Some(Fault::Reset) {
            // A connection that is closed with something unread is reset.
            return None;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        if (self.denies)(&head, &String::from_utf8_lossy(&body)) {
            let body =
                json!({ "__type": "AccessDeniedException", "message": "played by the proxy" });
            let body = body.to_string();
            return send(connection, 400, body.as_bytes(), body.len());
        }
        if !filter {
            let (status, answer) = self.pass_on(&head, &body);
            return send(connection, status, &answer, answer.len());
        }
        let mut question: Value = serde_json::from_slice(&body).unwrap();
        question["limit"] = self.limit.into();
        if question["nextToken"] == NOTHING_YET {
            question.as_object_mut().unwrap().remove("nextToken");
        }
        let (status, answer) = self.pass_on(&head, question.to_string().as_bytes());
        let page: Value = serde_json::from_slice(&answer).unwrap();
        self.answer(connection, fault, &question, status, page)
    }

    fn answer(
        &self,
        connection: &TcpStream,
        fault: Option<Fault>,
        question: &Value,
        status: u16,
        mut page: Value,
    ) -> Option<()> {
        let before = self.state.lock().unwrap().before.replace(page.clone());
        let whole = |page: &Value| {
            let body = page.to_string().into_bytes();
            send(connection, status, &body, body.len())
        };
        let token = question["nextToken"].as_str();
        match fault {
            None => whole(&page),
            Some(Fault::Refused(status, code)) => {
                let message = "played by the proxy";
                let body = json!({ "__type": code, "message": message }).to_string();
                self.state.lock().unwrap().before = before;
                send(connection, status, body.as_bytes(), body.len())
            }
            Some(Fault::Reset) => None,
            Some(Fault::Hangs) => {
                thread::sleep(Duration::from_secs(30));
                None
            }
            Some(Fault::Half) => {
                let body = page.to_string().into_bytes();
                send(connection, status, &body[..body.len() / 2], body.len())?;
                None
            }
            Some(Fault::Slow(ms)) => {
                let body = page.to_string().into_bytes();
                let pieces = body.chunks(body.len().div_ceil(8)).enumerate();
                for (at, piece) in pieces {
                    thread::sleep(Duration::from_millis(ms / 8));
                    match at {
                        0 => send(connection, status, piece, body.len())?,
                        _ => (&*connection).write_all(piece).ok()?,
                    }
                }
                Some(())
            }
            Some(Fault::Garbled) => send(connection, 200, b"{\"events\": [{,", 14),
            Some(Fault::Again) => {
                let again = before.filter(|before| {
                    token.is_some() && before["nextToken"] == question["nextToken"]
                });
                whole(again.as_ref().unwrap_or(&page))
            }
            Some(Fault::Reversed) => {
                page["events"].as_array_mut().unwrap().reverse();
                whole(&page)
            }
            Some(Fault::Empty) => {
                whole(&json!({ "events": [], "nextToken": token.unwrap_or(NOTHING_YET) }))
            }
        }
    }

    /// The upstream's status and body.
    fn pass_on(&self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut upstream = TcpStream::connect(&self.upstream).unwrap();
        let kept = head.lines().filter(|line| {
            let name = line
                .split(':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            !matches!(&*name, "content-length" | "connection" | "host") && !line.is_empty()
        });
        let mut request: Vec<&str> = kept.collect();
        let last = format!("content-length: {}", body.len());
        let host = format!("host: {}", self.upstream);
        request.extend(["connection: close", &host, &last, "", ""]);
        upstream.write_all(request.join("\r\n").as_bytes()).unwrap();
        upstream.write_all(body).unwrap();
        let mut reader = BufReader::new(upstream);
        let (answer, length) = self::head(&mut reader).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (status, body)
    }
}

/// The lines up to the body, and its length.
fn head(reader: &mut impl BufRead) -> Option<(String, usize)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            return Some((head, length));
        }
        head.push_str(&line);
    }
}

fn send(mut connection: &TcpStream, status: u16, body: &[u8], announced: usize) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {announced}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).ok()?;
    connection.write_all(body).ok()
}
