//! How calls travel: TLS by rustls, through the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`), trusting the certificates of `AWS_CA_BUNDLE` instead of the system's where it is set, as AWS's own tools do.

use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::place::set;
use crate::sources::FetchError;

/// A connection is made within that, or the endpoint is away.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// A call is answered within that. The SDK's own default is for ever.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The instance metadata service is on the same machine, or it is not there.
pub(super) const METADATA_WITHIN: Duration = Duration::from_secs(1);

/// The variable that names a file of trusted certificates.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The client of all services, and of those that give credentials. Connections are kept and shared.
pub(super) fn client() -> Result<SharedHttpClient, FetchError> {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT_WITHIN)
        .read_timeout(ANSWER_WITHIN);
    Ok(always(through_proxies(settings.build(), None)?))
}

/// Connections to anywhere else, on the same terms; `certificate` is a file that is trusted instead of `AWS_CA_BUNDLE`'s. Answers may
/// take as long as they want.
pub fn connector(certificate: Option<&Path>) -> Result<SharedHttpConnector, FetchError> {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_WITHIN);
    let connector = through_proxies(settings.build(), certificate)?;
    Ok(SharedHttpConnector::new(connector))
}

fn through_proxies(
    settings: HttpConnectorSettings,
    certificate: Option<&Path>,
) -> Result<Connector, FetchError> {
    let bundle = set(BUNDLE);
    let trusted = certificate.or(bundle.as_deref().map(Path::new));
    let connector = Connector::builder()
        .connector_settings(settings)
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust(trusted)?);
    Ok(connector.build())
}

/// The client of the instance's metadata service, which no proxy may see: it answers with credentials. It speaks no TLS, so that no
/// certificates are read for it.
pub(super) fn metadata_client() -> SharedHttpClient {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(METADATA_WITHIN)
        .read_timeout(METADATA_WITHIN);
    let connector = Connector::builder().connector_settings(settings.build());
    always(connector.build_http())
}

/// The SDK asks for a connector at each call: a new one would have no connection to use again.
fn always(connector: Connector) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// Trusts the certificates of a file instead of the system's.
fn trust(bundle: Option<&Path>) -> Result<TlsContext, FetchError> {
    let trusted = match bundle {
        None => TrustStore::default(),
        Some(path) => {
            let pem = fs::read(path).map_err(|error| unusable(path, &error.to_string()))?;
            check(&pem).map_err(|why| unusable(path, &why))?;
            TrustStore::empty().with_pem_certificate(pem)
        }
    };
    let context = TlsContext::builder().with_trust_store(trusted).build();
    context.map_err(|error| FetchError::Unable {
        message: format!("TLS cannot be set up: {error} · check {BUNDLE}"),
    })
}

/// The SDK takes certificates unseen and panics on a bad one.
fn check(pem: &[u8]) -> Result<(), String> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        store.add(certificate).map_err(|error| error.to_string())?;
    }
    if store.is_empty() {
        return Err("holds no certificate in PEM".to_owned());
    }
    Ok(())
}

fn unusable(path: &Path, why: &str) -> FetchError {
    FetchError::Unable {
        message: format!(
            "{}: {why} · check {BUNDLE}, or what is set instead",
            path.display()
        ),
    }
}
