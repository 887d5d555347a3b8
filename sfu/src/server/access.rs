//! Who may enter: rooms are open, or locked by tokens (JWT, RFC 7519) that somebody else signs.

use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use thiserror::Error;

use super::config::{self, AccessKey, Algorithm};
use crate::signalling::browser::Grant;

/// The longest token that is read, bytes: one with all claims and an RSA signature takes 700.
const MAX_TOKEN: usize = 4_096;

/// How far the clocks of who signs and of this machine may be apart, seconds.
const LEEWAY: u64 = 30;

/// Decides who may enter. Cheap to clone.
#[derive(Clone)]
pub(super) struct Access(Arc<[Key]>);

struct Key {
    id: Option<String>,
    key: DecodingKey,
    validation: Validation,
}

/// Why there is no deciding.
#[derive(Debug, Error)]
pub enum AccessError {
    /// A key's file can't be read.
    #[error("[[access.keys]] {}: {error}", path.display())]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It holds no public key for its algorithm.
    #[error("[[access.keys]] {}: no public key for {algorithm:?} in PEM: {message}", path.display())]
    Key {
        /// Which file.
        path: std::path::PathBuf,
        /// For what it was to be.
        algorithm: Algorithm,
        /// What is wrong with it.
        message: String,
    },
}

/// Why somebody may not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    /// Whether another token could help: this one is missing, wrong or too old. If not, it is for something else.
    pub(super) unauthorized: bool,
    pub(super) why: &'static str,
}

/// What a token says.
#[derive(Debug, Deserialize)]
struct Claims {
    /// The room that it opens.
    room: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default = "yes")]
    publish: bool,
    #[serde(default = "yes")]
    subscribe: bool,
    #[serde(default)]
    moderate: bool,
}

const fn yes() -> bool {
    true
}

impl Access {
    /// With the keys of the settings; none: everybody may enter.
    ///
    /// # Errors
    /// When a key's file can't be read, or holds no such key.
    pub(super) fn new(config: &config::Access) -> Result<Self, AccessError> {
        config.keys.iter().map(Key::new).collect::<Result<Vec<_>, _>>().map(|keys| Access(keys.into()))
    }

    /// What who shows `token` may do in `room`.
    pub(super) fn grant(&self, token: Option<&str>, room: &str) -> Result<Grant, Denied> {
        if self.0.is_empty() {
            return Ok(Grant::default());
        }
        let wrong = |why| Denied { unauthorized: true, why };
        let token = token.ok_or(wrong("the room is locked: a token opens it"))?;
        if token.len() > MAX_TOKEN {
            return Err(wrong("the token is too long"));
        }
        let header = decode_header(token).map_err(|_| wrong("it is no token"))?;
        let named = |key: &&Key| header.kid.is_none() || key.id == header.kid;
        let mut reason = "no key is known that it could be signed with";
        for key in self.0.iter().filter(named) {
            match decode::<Claims>(token, &key.key, &key.validation) {
                Ok(token) => return token.claims.grant(room),
                Err(error) => reason = words(error.kind()).unwrap_or(reason),
            }
        }
        Err(wrong(reason))
    }
}

impl Claims {
    fn grant(self, room: &str) -> Result<Grant, Denied> {
        let Claims { room: opens, name, publish, subscribe, moderate } = self;
        if opens != room {
            return Err(Denied { unauthorized: false, why: "the token is for another room" });
        }
        Ok(Grant { name, publish, subscribe, moderate })
    }
}

/// What is wrong with a token whose algorithm is right; nothing to say if it isn't.
fn words(error: &ErrorKind) -> Option<&'static str> {
    match error {
        ErrorKind::ExpiredSignature => Some("the token has expired"),
        ErrorKind::ImmatureSignature => Some("the token isn't valid yet"),
        ErrorKind::InvalidSignature => Some("the token's signature is wrong"),
        ErrorKind::InvalidAlgorithm => None,
        _ => Some("the token lacks what it must say: room and exp"),
    }
}

impl Key {
    fn new(from: &AccessKey) -> Result<Self, AccessError> {
        let key = match (&from.secret, &from.file) {
            (Some(secret), _) => DecodingKey::from_secret(secret.as_bytes()),
            (None, Some(file)) => public(from.algorithm, file)?,
            (None, None) => unreachable!("settings with a key that is none are refused"),
        };
        // One algorithm for each key: else who knows a public key could sign by HMAC with it (RFC 8725 section 2.1).
        let mut validation = Validation::new(from.algorithm.into());
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        // Tokens are for rooms, and name no audience.
        validation.validate_aud = false;
        Ok(Key { id: from.id.clone(), key, validation })
    }
}

fn public(algorithm: Algorithm, path: &Path) -> Result<DecodingKey, AccessError> {
    let pem = std::fs::read(path).map_err(|error| AccessError::File { path: path.to_owned(), error })?;
    let key = match algorithm {
        Algorithm::Rs256 => DecodingKey::from_rsa_pem(&pem),
        Algorithm::EdDsa | Algorithm::Hs256 => DecodingKey::from_ed_pem(&pem),
    };
    key.map_err(|error| AccessError::Key { path: path.to_owned(), algorithm, message: error.to_string() })
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

#[cfg(test)]
mod tests;
