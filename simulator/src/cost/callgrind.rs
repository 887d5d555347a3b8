//! Counting by callgrind.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// What callgrind counts: what [`super::counted`] calls, whatever it is called with.
const COUNTED: &str = "--toggle-collect=*cost*counted*";

/// Library routines are picked by the processor that they run on, and take other numbers of instructions: on x86-64
/// those without AVX are asked for, which every processor has.
const TUNABLES: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX2,-AVX2_Usable,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-RTM,-EVEX",
);

/// Why there is no count.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// Valgrind isn't there.
    #[error("valgrind isn't there: install it by the system's package manager")]
    NoValgrind,
    /// It, or the program that it ran, failed.
    #[error("{program}: {said}")]
    Failed {
        /// The program that was to be counted.
        program: String,
        /// What was said last.
        said: String,
    },
    /// A file or a process.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Runs `program` with `arguments` under callgrind, which says how many packets it has taken; instructions for each.
/// Files of its own go to `folder`.
///
/// # Errors
/// When valgrind isn't there, or the program fails or says something else.
pub fn count<A: AsRef<OsStr>>(
    program: &Path,
    arguments: &[A],
    environment: &[(&str, String)],
    folder: &Path,
) -> Result<f64, CountError> {
    let file = folder.join("callgrind.out");
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(&file);
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet", COUNTED]).arg(out).arg(program).args(arguments);
    command.env(TUNABLES.0, TUNABLES.1).envs(environment.iter().map(|(name, value)| (name, value)));
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => CountError::NoValgrind,
        _ => CountError::System(error),
    })?;
    let failed = |said: &str| CountError::Failed {
        program: program.display().to_string(),
        said: said.trim().lines().last().unwrap_or("nothing").to_owned(),
    };
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let packets = said.lines().find_map(|line| line.split("packets: ").nth(1)?.trim().parse::<u64>().ok());
    let packets = packets.filter(|packets| *packets > 0).ok_or_else(|| failed("it names no packets"))?;
    let counts = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    let instructions = total(&counts).ok_or_else(|| failed("callgrind has counted nothing"))?;
    Ok(instructions as f64 / packets as f64)
}

/// The total of a callgrind file.
fn total(counts: &str) -> Option<u64> {
    let line = |name| counts.lines().find_map(move |line: &str| line.strip_prefix(name));
    let total = line("totals:").or_else(|| line("summary:"))?;
    total.trim().parse().ok().filter(|total| *total > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read() {
        assert_eq!(total("version: 1\nsummary: 12\nfn=x\n1 12\ntotals: 12\n"), Some(12));
        assert_eq!(total("summary: 7\n"), Some(7));
        assert_eq!((total(""), total("totals: 0\n"), total("totals: x\n")), (None, None, None));
    }
}
