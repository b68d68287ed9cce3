//! Where to, and with which headers. Addresses come from arguments, environment or settings; what is secret comes from the environment
//! or a file, never from arguments, where everybody on the machine could read it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::settings::{HecSettings, OtlpSettings};

/// An answer comes within that (the default of OTLP's exporters).
const TIMEOUT: Duration = Duration::from_secs(10);

/// One receiver.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: Kind,
    pub timeout: Duration,
    /// A file of certificates in PEM, trusted instead of the system's.
    pub certificate: Option<PathBuf>,
}

/// What it speaks.
#[derive(Clone, Debug)]
pub enum Kind {
    Otlp(OtlpTarget),
    Hec(HecTarget),
}

/// Addresses of each signal; `None`: it is not sent.
#[derive(Clone, Debug)]
pub struct OtlpTarget {
    pub traces: Option<Endpoint>,
    pub logs: Option<Endpoint>,
    pub gzip: bool,
}

/// An address, and the headers that go there.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub url: String,
    pub headers: Vec<(String, String)>,
}

/// Splunk's collector.
#[derive(Clone)]
pub struct HecTarget {
    /// As far as `/services/collector`.
    pub url: String,
    pub token: String,
    pub index: Option<String>,
    /// Tells this sender's acknowledgements from others': a UUID.
    pub channel: String,
}

/// Headers hold keys: they are not printed.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        write!(out, "{} with {names:?}", self.url)
    }
}

impl std::fmt::Debug for HecTarget {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.url)
    }
}

/// What is wrong with where to: one line that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(String);

/// Reads a variable of the environment; an empty one is not set.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Target {
    /// An endpoint of OTLP: `url` (to which `/v1/traces` and `/v1/logs` are added), else what the environment says by OpenTelemetry's own
    /// names (`OTEL_EXPORTER_OTLP_…`), else the settings.
    pub fn otlp(
        url: Option<&str>,
        settings: &OtlpSettings,
        env: Env<'_>,
    ) -> Result<Self, TargetError> {
        let set = |name: &str| env(&format!("OTEL_EXPORTER_OTLP_{name}"));
        if let Some(protocol) = set("PROTOCOL").filter(|it| it != "http/protobuf") {
            return Err(TargetError(format!(
                "OTEL_EXPORTER_OTLP_PROTOCOL: {protocol} is not spoken, only http/protobuf · name the receiver's HTTP endpoint and unset it"
            )));
        }
        let mut common = match &settings.headers_file {
            Some(path) => header_lines(path)?,
            None => Vec::new(),
        };
        merge(
            &mut common,
            header_list("OTEL_EXPORTER_OTLP_HEADERS", set("HEADERS"))?,
        );
        let endpoint = |signal: &str, path: &str, own: Option<&String>| {
            let base = |base: &str| format!("{}{path}", base.trim_end_matches('/'));
            let found = match url {
                Some(url) => Some(base(url)),
                None => set(&format!("{signal}_ENDPOINT"))
                    .or_else(|| set("ENDPOINT").map(|it| base(&it)))
                    .or_else(|| own.cloned())
                    .or_else(|| settings.endpoint.as_deref().map(base)),
            };
            let Some(url) = found else { return Ok(None) };
            check(&url)?;
            let mut headers = common.clone();
            let name = format!("{signal}_HEADERS");
            merge(&mut headers, header_list(&name, set(&name))?);
            headers.push((
                "content-type".to_owned(),
                "application/x-protobuf".to_owned(),
            ));
            Ok(Some(Endpoint { url, headers }))
        };
        let traces = endpoint("TRACES", "/v1/traces", settings.traces.as_ref())?;
        let logs = endpoint("LOGS", "/v1/logs", settings.logs.as_ref())?;
        if traces.is_none() && logs.is_none() {
            return Err(TargetError(
                "no address to send to · --to otlp URL, OTEL_EXPORTER_OTLP_ENDPOINT, or endpoint under [export.otlp] in the settings".into(),
            ));
        }
        let gzip = match set("COMPRESSION").as_deref() {
            None | Some("gzip") => true,
            Some("none") => false,
            Some(other) => {
                return Err(TargetError(format!(
                    "OTEL_EXPORTER_OTLP_COMPRESSION: {other} is not known · gzip or none"
                )));
            }
        };
        let timeout = match set("TIMEOUT") {
            None => TIMEOUT,
            Some(text) => text.parse().map(Duration::from_millis).map_err(|_| {
                TargetError(format!(
                    "OTEL_EXPORTER_OTLP_TIMEOUT: {text}: not milliseconds"
                ))
            })?,
        };
        let certificate = set("CERTIFICATE").map(PathBuf::from);
        Ok(Self {
            kind: Kind::Otlp(OtlpTarget { traces, logs, gzip }),
            timeout,
            certificate: certificate.or_else(|| settings.certificate.clone()),
        })
    }

    /// Splunk's collector at `url`, else where the settings say; the token from `SPLUNK_HEC_TOKEN` or the file of the settings.
    pub fn hec(
        url: Option<&str>,
        settings: &HecSettings,
        env: Env<'_>,
        channel: String,
    ) -> Result<Self, TargetError> {
        let url = url.map(str::to_owned).or_else(|| settings.url.clone());
        let url = url.ok_or_else(|| {
            TargetError("no address to send to · --to splunk-hec URL, or url under [export.splunk_hec] in the settings".into())
        })?;
        check(&url)?;
        let token = match (env("SPLUNK_HEC_TOKEN"), &settings.token_file) {
            (Some(token), _) => token,
            (None, Some(path)) => read(path)?.trim().to_owned(),
            (None, None) => {
                return Err(TargetError(
                    "no token for the collector · SPLUNK_HEC_TOKEN, or token_file under [export.splunk_hec] in the settings".into(),
                ));
            }
        };
        let base = url.trim_end_matches('/').trim_end_matches("/event");
        let base = base.trim_end_matches("/services/collector");
        Ok(Self {
            kind: Kind::Hec(HecTarget {
                url: format!("{base}/services/collector"),
                token,
                index: settings.index.clone(),
                channel,
            }),
            timeout: TIMEOUT,
            certificate: settings.certificate.clone(),
        })
    }

    /// The addresses, for people.
    pub fn addresses(&self) -> Vec<(&'static str, &str)> {
        match &self.kind {
            Kind::Otlp(target) => {
                let all = [("traces", &target.traces), ("logs", &target.logs)];
                all.into_iter()
                    .filter_map(|(name, at)| Some((name, at.as_ref()?.url.as_str())))
                    .collect()
            }
            Kind::Hec(target) => vec![("traces and logs", target.url.as_str())],
        }
    }
}

fn check(url: &str) -> Result<(), TargetError> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match host {
        None | Some("") => Err(TargetError(format!(
            "{url}: no address · such as https://collector.example.com:4318"
        ))),
        // What stands there is a password: it is not said again.
        Some(host) if host.contains('@') => Err(TargetError(
            "the address holds a password · headers and tokens come from the environment or a file"
                .into(),
        )),
        Some(_) => Ok(()),
    }
}

fn read(path: &Path) -> Result<String, TargetError> {
    fs::read_to_string(path)
        .map_err(|error| TargetError(format!("{}: {error} · check the settings", path.display())))
}

/// Lines of `name: value`; empty ones and those that begin with `#` say nothing.
fn header_lines(path: &Path) -> Result<Vec<(String, String)>, TargetError> {
    let text = read(path)?;
    let lines = text.lines().map(str::trim).enumerate();
    let said = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    said.map(|(at, line)| {
        let (name, value) = line.split_once(':').ok_or_else(|| {
            TargetError(format!(
                "{}:{}: not a header · name: value",
                path.display(),
                at + 1
            ))
        })?;
        Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    })
    .collect()
}

/// `name=value,name=value`, values percent-encoded, as OpenTelemetry writes headers into a variable.
fn header_list(variable: &str, list: Option<String>) -> Result<Vec<(String, String)>, TargetError> {
    let list = list.unwrap_or_default();
    let pairs = list
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let wrong = || TargetError(format!("{variable}: not headers · name=value,name=value"));
            let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
            let value = decoded(value.trim()).ok_or_else(wrong)?;
            Ok((name.trim().to_ascii_lowercase(), value))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Later headers win.
fn merge(headers: &mut Vec<(String, String)>, more: Vec<(String, String)>) {
    for (name, value) in more {
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value));
    }
}

#[cfg(test)]
mod tests;
