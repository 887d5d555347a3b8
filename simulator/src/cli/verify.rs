//! `plenum verify`: the same seed in two fresh processes must give the same digest.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use reports::verdict::ExitCode as Code;

use super::arguments::{Crypto, VaryArguments, VerifyArguments};
use super::output::{print_line, worse};
use super::{fail, load};
use crate::digest::{Difference, first_difference};

/// Runs each seed twice and compares.
pub(super) fn verify(arguments: &VerifyArguments) -> Code {
    let scenario = match load::load(&arguments.scenario, &arguments.vary) {
        Ok(scenario) => scenario,
        Err(faults) => return fail(Code::Invalid, faults),
    };
    let own = match std::env::current_exe() {
        Ok(own) => own,
        Err(error) => return fail(Code::Invalid, format!("this program's own path: {error}")),
    };
    let other = arguments.against.clone().unwrap_or_else(|| own.clone());
    let mut code = Code::Pass;
    for seed in (0..arguments.seeds).map(|step| scenario.seed.wrapping_add(step)) {
        let run = |program: &Path| digest_of(program, arguments, seed, None);
        match (run(&own), run(&other)) {
            (Ok(left), Ok(right)) if left == right => {
                code = worse(code, print_line(format_args!("seed {seed}: {left}, twice the same")));
            }
            (Ok(left), Ok(right)) => {
                print_line(format_args!("seed {seed}: {left} is not {right}"));
                print_line(explain(&own, &other, arguments, seed));
                code = worse(code, Code::NotDeterministic);
            }
            (Err((code, error)), _) | (_, Err((code, error))) => return fail(code, error),
        }
    }
    code
}

fn digest_of(
    program: &Path,
    arguments: &VerifyArguments,
    seed: u64,
    trace: Option<&Path>,
) -> Result<String, (Code, String)> {
    let mut command = Command::new(program);
    command.arg("digest").arg(&arguments.scenario).arg("--seed").arg(seed.to_string());
    command.args(varied(&arguments.vary));
    if let Some(trace) = trace {
        command.arg("--trace").arg(trace);
    }
    let output = command.output().map_err(|e| (Code::Invalid, format!("{}: {e}", program.display())))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let invalid = output.status.code() == Some(Code::Invalid.code().into());
        let code = if invalid { Code::Invalid } else { Code::Broken };
        return Err((code, format!("{} ended with {}: {said}", program.display(), output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn varied(vary: &VaryArguments) -> Vec<String> {
    let sets = vary.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]);
    let crypto = (vary.crypto == Crypto::Null).then(|| ["--crypto".to_owned(), "null".to_owned()]);
    sets.chain(crypto.into_iter().flatten()).collect()
}

/// Runs both once more with a trace each, and says where they part.
fn explain(own: &Path, other: &Path, arguments: &VerifyArguments, seed: u64) -> String {
    let folder = std::env::temp_dir().join(format!("plenum-verify-{}", std::process::id()));
    let traces = [folder.join("first"), folder.join("second")];
    let compared = std::fs::create_dir_all(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))
        .and_then(|()| compare(own, other, arguments, seed, &traces));
    // The folder is ours alone and of no more use; leaving it behind would be the smaller harm.
    let _ = std::fs::remove_dir_all(&folder);
    match compared {
        Err(error) => format!("no traces to compare: {error}"),
        Ok(None) => "with traces both were the same: they differ only now and then".to_owned(),
        Ok(Some(Difference { event, left, right })) => {
            let or_end = |line: Option<String>| line.unwrap_or_else(|| "(the end)".to_owned());
            format!("event {event} is the first that differs:\n  {}\n  {}", or_end(left), or_end(right))
        }
    }
}

fn compare(
    own: &Path,
    other: &Path,
    arguments: &VerifyArguments,
    seed: u64,
    [left, right]: &[PathBuf; 2],
) -> Result<Option<Difference>, String> {
    for (program, trace) in [(own, left), (other, right)] {
        digest_of(program, arguments, seed, Some(trace)).map_err(|(_, error)| error)?;
    }
    let open = |path: &Path| File::open(path).map(BufReader::new).map_err(|error| error.to_string());
    first_difference(open(left)?, open(right)?).map_err(|error| error.to_string())
}
