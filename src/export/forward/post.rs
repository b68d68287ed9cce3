//! One request at a time over the connections of the AWS SDK: sent again only where the receiver asks for that.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::runtime::{Builder, Runtime};

use super::answer::Answer;
use super::{Sent, Stop};
use crate::sources::aws;

/// A request is tried so often.
const TRIES: u32 = 6;
/// All its waits together, in seconds.
const PATIENCE: u64 = 300;
/// As much of an answer is read.
const ANSWER: usize = 64 * 1024;
/// So often it is looked whether somebody cancelled.
const LOOK: Duration = Duration::from_millis(100);

/// Sends requests and waits for each answer.
pub(super) struct Post<'a> {
    connector: SharedHttpConnector,
    runtime: Runtime,
    timeout: Duration,
    cancel: &'a AtomicBool,
}

/// A request to be sent, perhaps more than once.
pub(super) struct Parcel<'p> {
    pub(super) url: &'p str,
    pub(super) headers: &'p [(String, String)],
    pub(super) body: Vec<u8>,
    pub(super) gzip: bool,
}

impl<'a> Post<'a> {
    /// `certificate`: trusted instead of the system's.
    pub(super) fn new(
        certificate: Option<&Path>,
        timeout: Duration,
        cancel: &'a AtomicBool,
    ) -> Result<Self, String> {
        Ok(Self {
            connector: aws::connector(certificate).map_err(|error| error.to_string())?,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?,
            timeout,
            cancel,
        })
    }

    /// The receiver's last word on a request; an error if there is none.
    pub(super) fn send(&self, parcel: &Parcel<'_>, sent: &mut Sent) -> Result<Answer, Stop> {
        let body = if parcel.gzip {
            compressed(&parcel.body).map_err(|error| Stop(error.to_string()))?
        } else {
            parcel.body.clone()
        };
        let (mut waited, mut backoff) = (0, 1);
        for attempt in 1.. {
            let request = request(parcel, body.clone())
                .map_err(|error| Stop(format!("{}: {error}", parcel.url)))?;
            sent.requests += 1;
            sent.bytes += body.len() as u64;
            let answer = self.runtime.block_on(self.once(request, parcel.url))?;
            if !answer.is_retryable() {
                return Ok(answer);
            }
            let wait = answer.wait_seconds().unwrap_or(backoff);
            if attempt == TRIES || waited + wait > PATIENCE {
                return Err(Stop(format!(
                    "{}: {}, and asks to wait {wait} s more after {attempt} tries · try again later",
                    parcel.url,
                    answer.words()
                )));
            }
            sent.retries += 1;
            sent.say(format!("{} · tried again after {wait} s", answer.words()));
            self.wait(Duration::from_secs(wait))?;
            waited += wait;
            backoff = (backoff * 2).min(60);
        }
        Err(Stop(format!("{}: no answer", parcel.url)))
    }

    /// Waits, unless somebody cancels.
    pub(super) fn wait(&self, span: Duration) -> Result<(), Stop> {
        self.runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(span) => Ok(()),
                () = self.cancelled() => Err(Stop("cancelled".to_owned())),
            }
        })
    }

    async fn once(&self, request: HttpRequest, url: &str) -> Result<Answer, Stop> {
        let lost = |why: &str| {
            Stop(format!(
                "{url}: {why} · what was sent keeps its ids: send it again"
            ))
        };
        let call = async {
            let answer = self.connector.call(request).await;
            let mut answer = answer.map_err(|error| lost(&chain(&error)))?;
            let header = |name: &str| answer.headers().get(name).map(str::to_owned);
            let mut read = Answer {
                status: answer.status().as_u16(),
                retry_after: header("retry-after"),
                date: header("date"),
                json: header("content-type").is_some_and(|kind| kind.contains("json")),
                body: Vec::new(),
            };
            let mut body = ByteStream::new(answer.take_body());
            while let Some(part) = body.next().await {
                let part = part.map_err(|error| lost(&chain(&error)))?;
                let room = ANSWER.saturating_sub(read.body.len());
                read.body.extend_from_slice(&part[..part.len().min(room)]);
            }
            Ok(read)
        };
        tokio::select! {
            answer = tokio::time::timeout(self.timeout, call) => answer.unwrap_or_else(|_| {
                Err(lost(&format!("no answer within {} s", self.timeout.as_secs_f64())))
            }),
            () = self.cancelled() => Err(Stop("cancelled".to_owned())),
        }
    }

    async fn cancelled(&self) {
        while !self.cancel.load(Ordering::Relaxed) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn request(
    parcel: &Parcel<'_>,
    body: Vec<u8>,
) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
    let length = body.len();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri(parcel.url)?;
    let headers = request.headers_mut();
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    headers.try_insert("user-agent", agent)?;
    headers.try_insert("content-length", length.to_string())?;
    if parcel.gzip {
        headers.try_insert("content-encoding", "gzip")?;
    }
    for (name, value) in parcel.headers {
        headers
            .try_insert(name.clone(), value.clone())
            // The value is a secret: the message of the error may hold it.
            .map_err(|_| format!("the header {name} holds what no header may hold"))?;
    }
    Ok(request)
}

fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::fast());
    out.write_all(body)?;
    out.finish()
}

/// The innermost reason says what is wrong; the outer ones only that something is.
fn chain(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}
