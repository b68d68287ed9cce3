//! A receiver of HTTP posts that checks what it gets and answers as it is told: an endpoint of OTLP, or Splunk's collector.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came, its body unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of the body on the wire.
    pub(crate) wire: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What to do with a request.
pub(crate) enum Reply {
    /// Status, further headers and body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The end of the connection, with no answer.
    Die,
    /// Never an answer.
    Hang,
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self::Answer(200, Vec::new(), Vec::new())
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        let kind = ("content-type", "application/json".to_owned());
        Self::Answer(status, vec![kind], body.to_string().into_bytes())
    }
}

/// What came so far.
pub(crate) type Seen = Arc<Mutex<Vec<Request>>>;

/// Answers each request by its number from 0. Gives the address; ends with the test.
pub(crate) fn receive(
    answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static,
) -> (String, Seen) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let (answer, kept) = (Arc::new(answer), Arc::clone(&seen));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
            thread::spawn(move || converse(connection, &*answer, &kept));
        }
    });
    (address, seen)
}

fn converse(
    connection: TcpStream,
    answer: &dyn Fn(usize, &Request) -> Reply,
    seen: &Seen,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let request = read(&mut connection)?;
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        match answer(number, &request) {
            Reply::Answer(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                let writer = connection.get_mut();
                writer.write_all(head.as_bytes()).ok()?;
                writer.write_all(b"\r\n").ok()?;
                writer.write_all(&body).ok()?;
            }
            Reply::Die => return None,
            Reply::Hang => loop {
                thread::park();
            },
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let path = first
        .strip_prefix("POST ")
        .expect("a POST")
        .split(' ')
        .next()?
        .to_owned();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request {
        path,
        headers,
        body: Vec::new(),
        wire: 0,
    };
    request.wire = request.header("content-length").parse().expect("a length");
    let mut raw = vec![0; request.wire];
    reader.read_exact(&mut raw).ok()?;
    if request.header("content-encoding") == "gzip" {
        let mut unpacked = flate2::read::GzDecoder::new(&raw[..]);
        unpacked.read_to_end(&mut request.body).unwrap();
    } else {
        request.body = raw;
    }
    Some(request)
}
