//! HTTPS: the server's certificate, from files or made at the start.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};

use super::config::{Page, Tls, reachable_addresses};

/// Why there is no HTTPS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file that isn't there, or holds something else.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: pem::Error,
    },
    /// A file without a certificate in it.
    #[error("{}: no certificate in it", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// Certificate and key don't go together, or are of a kind that TLS has no use for.
    #[error("the certificate can't be used: {0}")]
    Unusable(#[from] tokio_rustls::rustls::Error),
    /// No certificate could be made.
    #[error("making a certificate: {0}")]
    Making(#[from] rcgen::Error),
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What does the server's side of TLS; nothing where the page goes without.
///
/// # Errors
/// When the files can't be used, or no certificate can be made.
pub(super) fn acceptor(page: &Page) -> Result<Option<TlsAcceptor>, TlsError> {
    let (chain, key) = match (page.tls(), &page.certificate, &page.key) {
        (Tls::Off, ..) => return Ok(None),
        (Tls::Files, Some(certificate), Some(key)) => from_files(certificate, key)?,
        (Tls::Files, ..) | (Tls::SelfMade, ..) => self_made(page)?,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // WebSockets over HTTP/2 (RFC 8441) would be another thing to support, for one connection per browser.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn from_files(certificate: &Path, key: &Path) -> Result<Identity, TlsError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        |error| TlsError::File { path, error }
    };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(wrong(certificate))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(wrong(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty { path: certificate.to_owned() });
    }
    Ok((chain, PrivateKeyDer::from_pem_file(key).map_err(wrong(key))?))
}

fn self_made(page: &Page) -> Result<Identity, TlsError> {
    let mut names = page.names.clone();
    names.push("localhost".to_owned());
    names.extend(reachable_addresses().iter().map(ToString::to_string));
    if !page.listen.ip().is_unspecified() {
        names.push(page.listen.ip().to_string());
    }
    names.sort();
    names.dedup();
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    Ok((vec![made.cert.der().clone()], key))
}

/// The host that a browser on this machine reaches `ip` by.
pub(super) fn host(ip: IpAddr) -> IpAddr {
    let reachable = || reachable_addresses().into_iter().find(|own| own.is_ipv4() || ip.is_ipv6());
    if ip.is_unspecified() { reachable().unwrap_or(ip) } else { ip }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("plenum-tls-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, text).expect("there is room for a few bytes");
        path
    }

    #[test]
    fn files_serve_if_they_hold_what_they_should() {
        let make = || rcgen::generate_simple_self_signed(["meet.example".to_owned()]).expect("a certificate");
        let (own, other) = (make(), make());
        let certificate = file("certificate", &own.cert.pem());
        let key = file("key", &own.signing_key.serialize_pem());
        let strange = file("strange", &other.signing_key.serialize_pem());
        let empty = file("empty", "nothing\n");
        let with = |certificate: &PathBuf, key: &PathBuf| {
            let (certificate, key) = (Some(certificate.clone()), Some(key.clone()));
            acceptor(&Page { certificate, key, ..Page::default() })
        };
        assert!(matches!(with(&certificate, &key), Ok(Some(_))));
        assert!(matches!(with(&certificate, &strange), Err(TlsError::Unusable(_))));
        assert!(matches!(with(&empty, &key), Err(TlsError::Empty { .. })));
        assert!(matches!(with(&certificate, &empty), Err(TlsError::File { .. })));
        assert!(matches!(with(&certificate, &PathBuf::from("/nowhere.pem")), Err(TlsError::File { .. })));
        for path in [certificate, key, strange, empty] {
            // Nothing depends on it.
            let _ = std::fs::remove_file(path);
        }
    }

    #[test]
    fn a_certificate_is_made_where_there_is_none_and_plain_http_needs_none() {
        assert!(matches!(acceptor(&Page::default()), Ok(None)));
        let listen = "0.0.0.0:0".parse().expect("an address");
        assert!(matches!(acceptor(&Page { listen, ..Page::default() }), Ok(Some(_))));
    }
}
