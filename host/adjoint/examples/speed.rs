//! Times value + input gradient of one net: `speed NET THREADS SECONDS`, as JSON on stdout.
//! `speed operators NET THREADS` says what each operator of the plan costs.

#[path = "../benches/nets/mod.rs"]
mod nets;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tract_adjoint::{Adjoint, Target};
use tract_onnx::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, third] = arguments.as_slice() else {
        return Err(format!(
            "usage: speed NET THREADS SECONDS, with NET one of {:?}",
            nets::NETS
        )
        .into());
    };
    if first == "operators" {
        return operators(second, third.parse()?);
    }
    let (threads, seconds): (usize, f64) = (second.parse()?, third.parse()?);
    let model = nets::net(first);
    let input = nets::input(&model);
    let mut plan = Adjoint::of(&model).threads(threads).plan()?;
    let forward = model.into_optimized()?.into_runnable()?;
    let mut step = || {
        plan.run(tvec![input.clone().into()], &Target::Sum)
            .map(|_| ())
    };
    // Without the peak of planning, which the kernels' transforms made.
    let planned = held("VmRSS:", true);
    step()?;
    let grown = held("VmHWM:", false).saturating_sub(planned);
    // One after the other: neither finds the other's weights in the cache.
    let mut times = timed(seconds, || step().map_err(Into::into))?;
    let mut alone = timed(seconds / 4.0, || {
        forward.run(tvec![input.clone().into()])?;
        Ok(())
    })?;
    let memory = plan.memory();
    println!(
        "{{\"net\":\"{first}\",\"threads\":{threads},\"runs\":{},\"value_and_gradient_ms\":{:.4},\
         \"value_and_gradient_min_ms\":{:.4},\"tract_forward_ms\":{:.4},\"forward_bytes\":{},\
         \"value_and_gradient_bytes\":{},\"grown_bytes\":{grown}}}",
        times.len(),
        median(&mut times),
        times[0],
        median(&mut alone),
        memory.forward_bytes,
        memory.value_and_gradient_bytes,
    );
    Ok(())
}

/// Milliseconds of each run, for so long, after one run that does not count.
fn timed(
    seconds: f64,
    mut run: impl FnMut() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    run()?;
    let mut times = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs_f64(seconds) || times.len() < 3 {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Bytes that this process holds, or has held at most, as Linux says; 0 elsewhere. The most can be
/// forgotten first.
fn held(what: &str, forgets: bool) -> u64 {
    if forgets {
        // Where this cannot be written the figure is not read either.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut words = status.split_whitespace();
    let kilobytes = words.find(|word| *word == what).and_then(|_| words.next());
    kilobytes
        .and_then(|number| number.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

/// Medians over some runs of the time in each operator.
fn operators(net: &str, threads: usize) -> Result<(), Box<dyn std::error::Error>> {
    let model = nets::net(net);
    let input = nets::input(&model);
    let mut plan = Adjoint::of(&model).threads(threads).plan()?;
    let mut costs: BTreeMap<(usize, String), Vec<f64>> = BTreeMap::new();
    for _ in 0..9 {
        plan.run_timed(
            tvec![input.clone().into()],
            &Target::Sum,
            &mut |step, node, took| {
                let key = (step, format!("{} {}", node.name, node.op.name()));
                costs.entry(key).or_default().push(took.as_secs_f64() * 1e3);
            },
        )?;
    }
    for ((_, name), mut times) in costs {
        println!("{:>9.4} ms  {name}", median(&mut times));
    }
    Ok(())
}
