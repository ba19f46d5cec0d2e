use std::path::Path;

use super::*;

#[derive(Debug, Error)]
enum StepError {
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Finds the number of each input of a share, from where `found` ends up to `last`.
fn numbers(
    request: &ShareRequest,
    last: usize,
) -> Result<(ShareEnd<Vec<usize>>, usize), StepError> {
    let share = Share::begin(Asked::sample(""), request)?;
    let inputs = share.inputs.clone();
    let mut steps = 0;
    let end = share.make(
        |found: &Vec<usize>| found.len() <= inputs.len(),
        Vec::new,
        |found, keeper| {
            for input in inputs.clone().skip(found.len()) {
                let flow = if input < last {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                };
                if keeper.keep(|| found.clone(), flow).is_break() {
                    return Err(StepError::from(keeper.interrupted(found.len())));
                }
                found.push(input);
                steps += 1;
            }
            Ok(())
        },
    )?;
    Ok((end, steps))
}

fn request(shard: Option<&str>, folder: Option<&Path>) -> ShareRequest {
    ShareRequest {
        shard: shard.map(|shard| shard.parse().expect("a shard")),
        folder: folder.map(Path::to_owned),
        ..ShareRequest::whole()
    }
}

#[test]
fn an_interrupted_share_goes_on_and_leaves_a_part() {
    let folder = tempfile::tempdir().expect("a folder");
    let share = request(Some("1/2"), Some(folder.path()));
    let ended = numbers(&share, 7).expect_err("it is interrupted");
    assert_eq!(
        ended.to_string(),
        "interrupted after 2 of 5 inputs: the same command goes on from there"
    );
    let (end, steps) = numbers(&share, 10).expect("it goes on");
    assert_eq!(steps, 3);
    let ShareEnd::Part(part) = end else {
        panic!("a share leaves a part");
    };
    assert_eq!((part.range, part.inputs), (5..10, 10));
    let kept = std::fs::read(&part.path).expect("it is there");
    let (_, steps) = numbers(&share, 0).expect("it is finished");
    assert_eq!(steps, 0);
    assert_eq!(std::fs::read(&part.path).expect("it stays"), kept);
}

#[test]
fn a_whole_study_leaves_nothing_in_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = request(None, Some(folder.path()));
    let files = || std::fs::read_dir(folder.path()).expect("a folder").count();
    numbers(&kept, 4).expect_err("it is interrupted");
    assert_eq!(files(), 1);
    let whole = ShareEnd::Whole((0..10).collect());
    assert_eq!(numbers(&kept, 10).expect("it goes on"), (whole.clone(), 6));
    assert_eq!(files(), 0);
    let (end, steps) = numbers(&request(None, None), 10).expect("it is made");
    assert_eq!((end, steps), (whole, 10));
    let ended = numbers(&request(None, None), 4).expect_err("it is interrupted");
    assert!(ended.to_string().contains("with -o DIR"), "{ended}");
}

#[test]
fn a_share_without_a_folder_is_refused() {
    let refused = numbers(&request(Some("0/2"), None), 10).expect_err("it is refused");
    assert!(matches!(refused, StepError::Shard(ShardError::NoFolder)));
}

/// The folder goes while the work is done.
#[test]
fn what_cannot_be_kept_ends_the_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("parts");
    let share = Share::begin(Asked::sample(""), &request(None, Some(&inside))).expect("it begins");
    let ended: Result<ShareEnd<usize>, ShardError> = share.make(
        |_| true,
        || 0,
        |found, keeper| {
            std::fs::remove_dir(&inside).expect("it is empty");
            let flow = keeper.keep(|| *found, ControlFlow::Break(()));
            assert!(flow.is_break());
            Ok(())
        },
    );
    assert!(matches!(ended, Err(ShardError::Write(_))));
}
