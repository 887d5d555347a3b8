//! User name fragments and passwords (RFC 8839 section 5.4).

use aws_lc_rs::hmac;

/// Credentials that RFC 8839 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an ICE {what} has {min} to 256 letters, digits, '+' or '/'")]
pub struct InvalidCredentials {
    what: &'static str,
    min: usize,
}

/// One side's user name fragment, and the key made of its password.
#[derive(Clone, Debug)]
pub struct Credentials {
    ufrag: Box<str>,
    key: hmac::Key,
}

impl Credentials {
    /// Credentials that somebody drew at random: 24 bits of randomness in the fragment and 128 in the
    /// password at least (RFC 8445 section 5.3).
    ///
    /// # Errors
    /// [`InvalidCredentials`] for a fragment of less than 4 or a password of less than 22 characters, for more
    /// than 256, or for a character outside `ice-char`.
    pub fn new(ufrag: &str, password: &str) -> Result<Self, InvalidCredentials> {
        check("user name fragment", ufrag, 4)?;
        check("password", password, 22)?;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        Ok(Credentials { ufrag: ufrag.into(), key })
    }

    /// The user name fragment.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    pub(super) fn key(&self) -> &hmac::Key {
        &self.key
    }
}

fn check(what: &'static str, text: &str, min: usize) -> Result<(), InvalidCredentials> {
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    if (min..=256).contains(&text.len()) && text.bytes().all(is_ice_char) {
        Ok(())
    } else {
        Err(InvalidCredentials { what, min })
    }
}
