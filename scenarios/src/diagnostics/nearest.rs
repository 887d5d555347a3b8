//! The name that was probably meant.

/// The name of `known` nearest to `name`, when near enough for a slip of the keyboard.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Long names add nothing, and the distance costs their product.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let distance = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    let best = known.iter().map(|candidate| (distance(candidate), *candidate)).min_by_key(|(d, _)| *d)?;
    // A third of the letters may be wrong, and always one.
    let allowed = (name.chars().count() / 3).max(1);
    (best.0 <= allowed).then_some(best.1)
}
