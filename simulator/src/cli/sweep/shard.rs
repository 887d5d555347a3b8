//! Which part of a sweep this process does: as it is told, or as a cluster's environment says.

use reports::sweep::Shard;

use super::super::arguments::SweepArguments;
use super::super::output::complain;

/// The shard of `--shard`, else of a Slurm job array or a Kubernetes indexed job, else the whole.
///
/// # Errors
/// An environment that doesn't say which part of how many.
pub(super) fn of(arguments: &SweepArguments, env: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
    if let Some(shard) = arguments.shard {
        return Ok(shard);
    }
    let Some((shard, source)) = from_environment(arguments.shards, env)? else {
        return match arguments.shards {
            None => Ok(Shard::WHOLE),
            Some(_) => {
                Err("--shards, and neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX says which one: \
                            give --shard K/N"
                    .to_owned())
            }
        };
    };
    complain(format_args!("shard {}/{}, as {source} says", shard.index, shard.of));
    Ok(shard)
}

fn from_environment(
    shards: Option<usize>,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<(Shard, &'static str)>, String> {
    let number = |name: &'static str| -> Result<Option<usize>, String> {
        let Some(text) = env(name) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| format!("{name} is `{text}`, which is no number"))
    };
    let part = |index: usize, of: usize, source: &'static str| {
        let shard = Shard::new(index, of);
        let shard =
            shard.ok_or_else(|| format!("{source} says part {index} of {of}: there is no such part"))?;
        Ok(Some((shard, source)))
    };
    if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        const SOURCE: &str = "SLURM_ARRAY_TASK_ID";
        let min = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let count = number("SLURM_ARRAY_TASK_COUNT")?;
        let of = shards.or(count).ok_or("SLURM_ARRAY_TASK_COUNT is missing: give --shards N")?;
        if count.is_some_and(|count| count != of) {
            return Err(format!("the job array has not {of} tasks: give --shard K/N"));
        }
        if let (Some(max), Some(count)) = (number("SLURM_ARRAY_TASK_MAX")?, count)
            && max.saturating_sub(min) / step + 1 != count
        {
            return Err(format!(
                "the job array of {count} tasks from {min} to {max} has gaps: its ids don't number the shards; give --shard K/N"
            ));
        }
        return part(id.saturating_sub(min) / step + 1, of, SOURCE);
    }
    if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        const SOURCE: &str = "JOB_COMPLETION_INDEX";
        let of = shards.ok_or("JOB_COMPLETION_INDEX says which part, but nothing of how many: give --shards N, the job's completions")?;
        return part(index + 1, of, SOURCE);
    }
    Ok(None)
}

/// Reads "K/N", K from 1.
///
/// # Errors
/// What is wrong with it.
pub(in crate::cli) fn parse(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    let (index, of) = parts.ok_or("write K/N, for instance 1/4")?;
    Shard::new(index, of).ok_or_else(|| format!("there is no part {index} of {of}: K goes from 1 to N"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(shards: Option<usize>, variables: &[(&str, &str)]) -> Result<Option<Shard>, String> {
        let env = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        from_environment(shards, env).map(|found| found.map(|(shard, _)| shard))
    }

    fn slurm<'a>(id: &'a str, min: &'a str, max: &'a str, count: &'a str) -> [(&'a str, &'a str); 4] {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    #[test]
    fn job_arrays_number_shards_from_wherever_they_begin() {
        for (id, min, max, count, shard) in [
            ("0", "0", "3", "4", 1),
            ("3", "0", "3", "4", 4),
            ("1", "1", "4", "4", 1),
            ("12", "10", "13", "4", 3),
        ] {
            assert_eq!(from(None, &slurm(id, min, max, count)), Ok(Shard::new(shard, 4)), "{id} from {min}");
        }
        let stepped = [&slurm("6", "0", "6", "4")[..], &[("SLURM_ARRAY_TASK_STEP", "2")]].concat();
        assert_eq!(from(None, &stepped), Ok(Shard::new(4, 4)));
        // A task of an array sent again on its own doesn't know where the whole array began.
        let again = from(Some(8), &slurm("5", "5", "5", "1")).expect_err("5 of which 8?");
        assert!(again.contains("--shard K/N"), "{again}");
        assert_eq!(from(Some(4), &slurm("2", "1", "4", "4")), Ok(Shard::new(2, 4)));
        let gaps = from(None, &slurm("7", "1", "7", "3")).expect_err("1, 3 and 7 are no 1 to 3");
        assert!(gaps.contains("has gaps"), "{gaps}");
    }

    #[test]
    fn indexed_jobs_need_to_be_told_how_many() {
        let index = [("JOB_COMPLETION_INDEX", "2")];
        assert_eq!(from(Some(4), &index), Ok(Shard::new(3, 4)));
        assert!(from(None, &index).is_err_and(|error| error.contains("--shards")));
        assert!(from(Some(2), &index).is_err_and(|error| error.contains("part 3 of 2")));
        assert!(
            from(Some(4), &[("JOB_COMPLETION_INDEX", "two")]).is_err_and(|error| error.contains("`two`"))
        );
        assert_eq!(from(None, &[]), Ok(None));
    }

    #[test]
    fn shards_are_written_k_of_n() {
        assert_eq!(parse("2/4"), Ok(Shard { index: 2, of: 4 }));
        for bad in ["", "2", "2/", "/4", "0/4", "5/4", "a/b", "1/0"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
