//! What programs exit with.

/// The exit codes of `plenum`: a contract with CI and other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// All is well.
    Pass = 0,
    /// Wrong usage or an invalid scenario.
    Invalid = 2,
    /// An expectation failed.
    ExpectationFailed = 3,
    /// Worse than the baseline.
    Regression = 4,
    /// An invariant is broken, or a crash.
    Broken = 5,
    /// Nothing moved any more.
    Stalled = 6,
    /// Equal input, different results.
    NotDeterministic = 7,
}

impl ExitCode {
    /// The number for the operating system.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn codes_are_the_contract() {
        let codes = [
            ExitCode::Pass,
            ExitCode::Invalid,
            ExitCode::ExpectationFailed,
            ExitCode::Regression,
            ExitCode::Broken,
            ExitCode::Stalled,
            ExitCode::NotDeterministic,
        ];
        assert_eq!(codes.map(ExitCode::code), [0, 2, 3, 4, 5, 6, 7]);
    }
}
