//! A CloudWatch Logs of one group whose Live Tail does as it is told: the frames of `application/vnd.amazon.eventstream`.

use std::io::{BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::fault::{self, Reply};

/// Answers every call by `answer` but StartLiveTail, whose n-th session is played by `session`: it sends what it likes, and
/// ends the connection when it returns. Gives the address.
pub(crate) fn serve(
    answer: impl Fn(&str, &str) -> Reply + Send + Sync + 'static,
    session: impl Fn(usize, &mut Session) -> Option<()> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let play = Arc::new((answer, session, AtomicUsize::new(0)));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let play = Arc::clone(&play);
            thread::spawn(move || {
                let (answer, session, sessions) = &*play;
                let mut reader = BufReader::new(connection.try_clone().ok()?);
                loop {
                    let (operation, body) = fault::request(&mut reader)?;
                    if operation == "StartLiveTail" {
                        let mut live = Session::begin(connection)?;
                        return session(sessions.fetch_add(1, Ordering::SeqCst), &mut live);
                    }
                    fault::reply(&mut &connection, answer(&operation, &body))?;
                }
            });
        }
    });
    address
}

/// One session of Live Tail.
pub(crate) struct Session(TcpStream);

impl Session {
    fn begin(mut connection: TcpStream) -> Option<Self> {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\nconnection: close\r\n\r\n";
        connection.write_all(head.as_bytes()).ok()?;
        let mut session = Self(connection);
        session.send("initial-response", &json!({}))?;
        session.send("sessionStart", &json!({ "sessionId": "s" }))?;
        Some(session)
    }

    /// An update with these lines of `/aws/lambda/pay`, as (time, text).
    pub(crate) fn update(&mut self, sampled: bool, lines: &[(i64, String)]) -> Option<()> {
        let line = |(at, text): &(i64, String)| {
            json!({ "logGroupIdentifier": "123456789012:/aws/lambda/pay", "logStreamName": "s",
                    "timestamp": at, "ingestionTime": at, "message": text })
        };
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let update = json!({ "sessionMetadata": { "sampled": sampled }, "sessionResults": lines });
        self.send("sessionUpdate", &update)
    }

    /// Ends it as AWS does after three hours.
    pub(crate) fn time_out(&mut self) -> Option<()> {
        let payload = json!({ "message": "The session has timed out" }).to_string();
        let kind = (":exception-type", "SessionTimeoutException");
        self.0.write_all(&frame("exception", kind, &payload)).ok()
    }

    fn send(&mut self, kind: &str, payload: &Value) -> Option<()> {
        let kind = (":event-type", kind);
        let frame = frame("event", kind, &payload.to_string());
        self.0.write_all(&frame).ok()
    }
}

/// Length of all, length of the headers, checksum of both; headers; payload; checksum of all.
fn frame(message: &str, kind: (&str, &str), payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [
        (":message-type", message),
        kind,
        (":content-type", "application/json"),
    ] {
        headers.push(name.len() as u8);
        headers.extend_from_slice(name.as_bytes());
        // A string.
        headers.push(7);
        headers.extend_from_slice(&(value.len() as u16).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let length = 12 + headers.len() + payload.len() + 4;
    let mut frame = (length as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(&(headers.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame
}

/// The checksum of zip and Ethernet, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(u32::MAX, |rest, byte| {
        (0..8).fold(rest ^ u32::from(*byte), |rest, _| {
            (rest >> 1) ^ (0xedb8_8320 * (rest & 1))
        })
    });
    !rest
}
