//! Standard output that may end early: a reader such as `head` has seen enough and goes.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use reports::verdict::ExitCode as Code;

use super::fail;

/// Writes `text` to standard output as it is. A closed pipe is no fault; a full disk is.
pub(super) fn print(text: impl Display) -> Code {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Code::Pass,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Code::Pass,
        Err(error) => fail(Code::Invalid, format!("standard output: {error}")),
    }
}

/// The same with the end of a line.
pub(super) fn print_line(text: impl Display) -> Code {
    print(format_args!("{text}\n"))
}

/// Writes a line to standard error, for as long as someone reads it.
pub(super) fn complain(text: impl Display) {
    // There is no place left to say that this failed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The graver of two exit codes: a crash before a wrong call before a failed expectation before a pass.
pub(super) fn worse(left: Code, right: Code) -> Code {
    let rank = |code: Code| match code {
        Code::Pass => 0,
        Code::ExpectationFailed => 1,
        Code::Invalid => 2,
        _ => 3,
    };
    if rank(right) > rank(left) { right } else { left }
}

#[cfg(test)]
mod tests {
    use super::{Code, worse};

    #[test]
    fn the_graver_code_wins() {
        let grave = [Code::Pass, Code::ExpectationFailed, Code::Invalid, Code::Broken];
        for (index, left) in grave.iter().enumerate() {
            for right in &grave[index..] {
                assert_eq!(worse(*left, *right), *right);
                assert_eq!(worse(*right, *left), *right);
            }
        }
    }
}
