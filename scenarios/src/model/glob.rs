//! Patterns over names.

use std::fmt;

use serde::{Serialize, Serializer};

/// A pattern: `*` stands for any characters, `?` for one, everything else for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// The pattern `text`.
    pub fn new(text: impl Into<String>) -> Glob {
        Glob(text.into())
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `name` fits.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name): (Vec<char>, Vec<char>) = (self.0.chars().collect(), name.chars().collect());
        let (mut p, mut n) = (0, 0);
        // Where to go on when the characters after the last star don't fit: one character further.
        let mut retry = None;
        while n < name.len() {
            match pattern.get(p) {
                Some('*') => {
                    retry = Some((p + 1, n + 1));
                    p += 1;
                }
                Some(c) if *c == '?' || *c == name[n] => {
                    p += 1;
                    n += 1;
                }
                _ => match retry {
                    Some((after_star, from)) => {
                        (p, n) = (after_star, from);
                        retry = Some((after_star, from + 1));
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|c| *c == '*')
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn matches_whole_names() {
        let rows = [
            ("alice", "alice", true),
            ("alice", "alice2", false),
            ("guest.*", "guest.12", true),
            ("guest.*", "guest", false),
            ("*", "", true),
            ("*up@*.3", "home-up@guest.3", true),
            ("*up@*.3", "home-up@guest.31", false),
            ("guest.?", "guest.3", true),
            ("guest.?", "guest.31", false),
            ("a*b*c", "a-b-b-c", true),
            ("", "x", false),
        ];
        for (pattern, name, fits) in rows {
            assert_eq!(Glob::new(pattern).matches(name), fits, "{pattern} on {name}");
        }
    }
}
