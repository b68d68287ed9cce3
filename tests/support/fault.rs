//! A server that speaks just enough HTTP to answer wrongly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// What to do with a request.
pub(crate) enum Reply {
    /// Status and JSON body.
    Json(u16, String),
    /// Never an answer.
    Hang,
    /// Half of the body that was announced, then the end of the connection.
    Half(String),
}

/// Answers each call by its operation (`FilterLogEvents`, or the path) and body. Gives its address; it ends with the test.
pub(crate) fn serve(answer: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || converse(connection, &*answer));
        }
    });
    address
}

/// Requests of one connection, until it ends.
pub(crate) fn converse(
    connection: impl Read + Write,
    answer: &dyn Fn(&str, &str) -> Reply,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let (operation, body) = request(&mut connection)?;
        reply(connection.get_mut(), answer(&operation, &body))?;
    }
}

/// Answers one request; `None`: the connection ends.
pub(crate) fn reply(writer: &mut impl Write, reply: Reply) -> Option<()> {
    match reply {
        Reply::Json(status, body) => send(writer, status, &body, &body),
        Reply::Hang => {
            thread::sleep(Duration::from_mins(1));
            Some(())
        }
        Reply::Half(body) => {
            send(writer, 200, &body, &body[..body.len() / 2])?;
            None
        }
    }
}

/// Operation and body of the next request.
pub(crate) fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut operation = first.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => operation = value.rsplit('.').next()?.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((operation, String::from_utf8_lossy(&body).into_owned()))
}

fn send(connection: &mut impl Write, status: u16, announced: &str, sent: &str) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
        announced.len()
    );
    connection.write_all(head.as_bytes()).ok()?;
    connection.write_all(sent.as_bytes()).ok()
}
