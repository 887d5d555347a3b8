//! Settings that are a value or a list of them: `listen = "…"` is `listen = ["…"]`.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    One(String),
    Several(Vec<String>),
}

/// One value or several, each written as text.
pub(super) fn one_or_several<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let texts = match Said::deserialize(from) {
        Ok(Said::One(text)) => vec![text],
        Ok(Said::Several(texts)) => texts,
        Err(_) => return Err(serde::de::Error::custom("neither a text nor a list of texts")),
    };
    let parse =
        |text: String| text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")));
    texts.into_iter().map(parse).collect()
}
