//! Names that would end determinism, each with what to use in its place.

use crate::tree::{File, code_lines};

/// Where the simulated code is.
const ROOMS: [&str; 4] = ["sfu/src/", "simulator/src/", "scenarios/src/", "reports/src/"];

/// How many lines below its `expect` or `allow` attribute an exception may stand; one for a whole file (`#![…]`)
/// stands for itself.
const REACH: usize = 6;

struct Ban {
    name: &'static str,
    instead: &'static str,
    /// Whether an attribute that silences clippy's own ban, with a reason, is an exception here as well.
    excusable: bool,
}

const fn ban(name: &'static str, instead: &'static str) -> Ban {
    Ban { name, instead, excusable: false }
}

const fn excusable(name: &'static str, instead: &'static str) -> Ban {
    Ban { name, instead, excusable: true }
}

const BANS: &[Ban] = &[
    excusable("Instant::now", "take a `Time`"),
    excusable("SystemTime::now", "take a `Time`"),
    excusable("thread::spawn", "one thread per run; only the command line starts runs side by side"),
    ban("thread::sleep", "time is virtual: schedule an event"),
    ban("thread_rng", "a `Stream` of its own, by path and purpose"),
    ban("rand::rng", "a `Stream` of its own, by path and purpose"),
    ban("OsRng", "the injected provider's randomness"),
    ban("getrandom", "the injected provider's randomness"),
    ban("from_entropy", "a seed from outside"),
    ban("from_os_rng", "a seed from outside"),
    ban("RandomState", "`rustc_hash::FxBuildHasher`"),
    ban("HashMap", "`slotmap` for ids, `indexmap` where order shows, `FxHashMap` for look-up only"),
    ban("HashSet", "`indexmap::IndexSet` where order shows, `FxHashSet` for look-up only"),
];

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let simulated = |file: &&File| file.is_rust() && ROOMS.iter().any(|room| file.path.starts_with(room));
    files.iter().filter(simulated).flat_map(file_faults).collect()
}

fn file_faults(file: &File) -> Vec<String> {
    let code = code_lines(&file.text);
    let mut faults = Vec::new();
    for (at, line) in code.iter().enumerate() {
        for ban in BANS.iter().filter(|ban| names(line, ban.name)) {
            if !(ban.excusable && is_excused(&code, at)) {
                faults.push(format!("{}:{}: `{}`: {}", file.path, at + 1, ban.name, ban.instead));
            }
        }
    }
    faults
}

/// Whether `line` has `name` as whole words.
fn names(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_word)
            && !line[at + name.len()..].chars().next().is_some_and(is_word)
    })
}

fn is_excused(code: &[String], at: usize) -> bool {
    let excuses = |text: &str| names(text, "clippy::disallowed_methods");
    let for_the_file = code.join(" ");
    code[at.saturating_sub(REACH)..=at].iter().any(|line| excuses(line))
        || for_the_file.split("#![").skip(1).any(|rest| excuses(rest.split(']').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::sample;

    #[test]
    fn each_ban_bites() {
        for ban in BANS {
            let text = format!("fn f() {{\n    let x = std::{}();\n}}\n", ban.name);
            let faults = faults(&sample("sfu/src/core/mod.rs", &text));
            assert!(
                faults.iter().any(|fault| fault.contains("mod.rs:2") && fault.contains(ban.name)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_it_passes() {
        let rows = [
            "use rustc_hash::{FxHashMap, FxHashSet};",
            "// no HashMap, no Instant::now",
            "let text = \"thread_rng\";",
            "let operand::rngs = 1;",
            "#[expect(clippy::disallowed_methods, reason = \"wall time\")]\nlet start = Instant::now();",
            "#![expect(\nclippy::disallowed_methods, reason = \"r\")]\n\n\n\n\n\n\n\n\nInstant::now();",
        ];
        for text in rows {
            assert_eq!(faults(&sample("reports/src/lib.rs", text)), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_excuse_is_near_and_covers_clocks_only() {
        let attribute = "#[expect(clippy::disallowed_methods, reason = \"r\")]\n";
        let far = format!("{attribute}{}Instant::now();", "\n".repeat(REACH));
        let other = format!("{attribute}thread_rng();");
        for text in [far, other] {
            assert_eq!(faults(&sample("simulator/src/main.rs", &text)).len(), 1, "{text}");
        }
        assert!(faults(&sample("tests/src/lib.rs", "Instant::now()")).is_empty(), "tests may measure");
    }
}
