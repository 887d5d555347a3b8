//! Settings from a file, the environment and flags: the later say goes before the earlier.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use thiserror::Error;
use toml::{Table, Value};

use super::{Access, Algorithm, Media, ServerConfig, Tls};

/// Variables that begin so are settings: `PLENUM_SFU_PAGE_LISTEN` is `listen` of `[page]`.
pub const ENVIRONMENT_PREFIX: &str = "PLENUM_SFU_";

/// Why settings can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The file isn't TOML, or has a key or value that there isn't; with line, column and text.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: toml::de::Error,
    },
    /// A flag or variable has no such key, or a value that can't be.
    #[error("{from}: {message}")]
    Override {
        /// The flag or variable.
        from: String,
        /// What is wrong.
        message: String,
    },
    /// Settings that don't go together.
    #[error("{0}")]
    Contradiction(String),
}

/// One setting from outside the file.
#[derive(Clone, Debug)]
pub struct Override {
    /// Where it comes from, for messages: the flag or the variable.
    pub from: String,
    /// The section, as in `page`.
    pub section: String,
    /// The key in it, as in `listen`.
    pub key: String,
    /// Its value.
    pub value: Value,
}

impl Override {
    /// The setting of an environment variable, if it is one. Text that reads as a TOML number, truth value or list is
    /// that, anything else a string.
    pub fn from_variable(name: &str, text: &str) -> Option<Self> {
        let rest = name.strip_prefix(ENVIRONMENT_PREFIX)?.to_ascii_lowercase();
        let (section, key) = rest.split_once('_').unwrap_or((&rest, ""));
        let (section, key) = (section.to_owned(), key.to_owned());
        Some(Override { from: name.to_owned(), section, key, value: value(text) })
    }

    /// The setting of a flag.
    pub fn from_flag(flag: &str, section: &str, key: &str, value: Value) -> Self {
        Override { from: flag.to_owned(), section: section.to_owned(), key: key.to_owned(), value }
    }

    fn table(&self) -> Table {
        let section = Table::from_iter([(self.key.clone(), self.value.clone())]);
        Table::from_iter([(self.section.clone(), Value::Table(section))])
    }
}

fn value(text: &str) -> Value {
    let as_toml =
        toml::from_str::<Table>(&format!("it = {text}")).ok().and_then(|mut table| table.remove("it"));
    match as_toml {
        Some(value @ (Value::Integer(_) | Value::Boolean(_) | Value::Array(_) | Value::String(_))) => value,
        // A bare word or address, or a number that means a text.
        _ => Value::String(text.to_owned()),
    }
}

/// The settings of `file`, changed by `overrides` in their order.
///
/// # Errors
/// When the file can't be read, a key doesn't exist, a value isn't of its kind, or two settings contradict each other.
pub fn load(file: Option<&Path>, overrides: &[Override]) -> Result<ServerConfig, ConfigError> {
    let mut table = match file {
        Some(path) => read(path)?,
        None => Table::new(),
    };
    for one in overrides {
        // By itself first, so that what is wrong is told of it and not of the whole.
        ServerConfig::deserialize(one.table()).map_err(|error| ConfigError::Override {
            from: one.from.clone(),
            message: error.message().to_owned(),
        })?;
        let section = table.entry(one.section.clone()).or_insert_with(|| Value::Table(Table::new()));
        let section = section.as_table_mut().expect("the file's sections are tables, or it had been refused");
        section.insert(one.key.clone(), one.value.clone());
    }
    let config = ServerConfig::deserialize(table)
        .expect("each of them was taken by itself, and none changes another's kind");
    check(&config)?;
    Ok(config)
}

fn read(path: &Path) -> Result<Table, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let wrong = |error| ConfigError::File { path: path.to_owned(), error };
    toml::from_str::<ServerConfig>(&text).map_err(wrong)?;
    toml::from_str(&text).map_err(wrong)
}

/// One address of a family at most, each of which peers can be told.
fn check_media(media: &Media) -> Result<(), ConfigError> {
    let wrong = |message: &str| Err(ConfigError::Contradiction(format!("[media] {message}")));
    if media.listen.is_empty() {
        return wrong("listen is empty: there is nowhere to take media");
    }
    let workers = media.workers();
    if workers == 0 {
        return wrong("workers is 0: nobody would forward anything");
    }
    if media.listen.iter().any(|address| usize::from(address.port()) + workers - 1 > 65_535) {
        return wrong("listen leaves no port for each of the workers below 65536");
    }
    for is_four in [true, false] {
        let listen: Vec<_> = media.listen.iter().filter(|address| address.is_ipv4() == is_four).collect();
        let advertise = media.advertise.iter().filter(|ip| ip.is_ipv4() == is_four).count();
        if listen.len() > 1 || advertise > 1 {
            return wrong("listen and advertise have more than one address of a family");
        }
        if listen.is_empty() && advertise > 0 {
            return wrong("advertise has an address of a family that listen has none of");
        }
        if advertise == 0 && listen.iter().any(|address| address.ip().is_unspecified()) {
            return wrong(
                "listen is every address of this machine, so advertise must say which of them peers are told",
            );
        }
    }
    Ok(())
}

/// A key is a secret or a file, as its algorithm wants, and no secret can be guessed.
fn check_access(access: &Access) -> Result<(), ConfigError> {
    for key in &access.keys {
        let wrong = match (key.algorithm, &key.secret, &key.file) {
            // RFC 7518 section 3.2.
            (Algorithm::Hs256, Some(secret), None) if secret.len() < 32 => {
                "a secret for HS256 has 32 bytes at least"
            }
            (Algorithm::Hs256, Some(_), None) | (Algorithm::Rs256 | Algorithm::EdDsa, None, Some(_)) => {
                continue;
            }
            (Algorithm::Hs256, ..) => "HS256 has a secret, and no file",
            (Algorithm::Rs256 | Algorithm::EdDsa, ..) => {
                "RS256 and EdDSA have the file of a public key, and no secret"
            }
        };
        return Err(ConfigError::Contradiction(format!("[[access.keys]] {wrong}")));
    }
    Ok(())
}

/// What only shows when everything is known.
fn check(config: &ServerConfig) -> Result<(), ConfigError> {
    let page = &config.page;
    let wrong = |message: &str| Err(ConfigError::Contradiction(message.to_owned()));
    if page.certificate.is_some() != page.key.is_some() {
        return wrong("[page] certificate and key go together: there is only one of them");
    }
    if page.tls == Some(Tls::Files) && page.certificate.is_none() {
        return wrong("[page] tls = \"files\" needs certificate and key");
    }
    if page.certificate.is_some() && page.tls() != Tls::Files {
        return wrong("[page] has a certificate, and tls says not to use it");
    }
    check_media(&config.media)?;
    if config.admin.token.as_ref().is_some_and(|token| token.len() < 16) {
        return wrong("[admin] token is shorter than 16 bytes: it could be guessed");
    }
    check_access(&config.access)?;
    let limits = &config.limits;
    let least = [
        limits.participants,
        limits.participants_per_room,
        limits.connections,
        limits.connections_per_address,
        limits.connections_per_second as usize,
        limits.messages_per_second as usize,
    ];
    if least.contains(&0) {
        return wrong("[limits] a limit of 0 lets nobody in");
    }
    Ok(())
}
