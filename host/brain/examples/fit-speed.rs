//! Times a fit of factorised readouts: `fit-speed FEATURES.npy RESPONSES.npy TRAIN EPOCHS` fits
//! to the first TRAIN images, in exactly so many passes, and prints seconds and the median r over
//! the neurons on the other images, as JSON on stdout.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use cortexscope_brain::data::Responses;
use cortexscope_brain::encode::{Factorised, Features, Lambda, Method, Request, fit};
use cortexscope_net::input::array::ArrayFile;

/// Bytes of features that are read.
const MOST_BYTES: u64 = 4 << 30;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [features, responses, train, epochs] = arguments.as_slice() else {
        return Err("usage: fit-speed FEATURES.npy RESPONSES.npy TRAIN EPOCHS".into());
    };
    let file = ArrayFile::open(Path::new(features), None)?;
    let &[images, channels, height, width] = file.shape.as_slice() else {
        return Err("features are [images, C, H, W]".into());
    };
    let features = Features {
        shape: [channels, height, width],
        values: file.floats(MOST_BYTES)?,
    };
    let responses = Responses::open(responses, None)?;
    let mut settings = Factorised::new(0);
    settings.epochs = epochs.parse()?;
    settings.patience = settings.epochs + 1;
    settings.lambdas = vec![Lambda {
        space: 0.3,
        depth: 0.3,
        laplace: 0.1,
    }];
    let request = Request {
        train: format!("0..{train}").parse()?,
        test: format!("{train}..{images}").parse()?,
        method: Method::Factorised(settings),
        seed: 0,
    };
    let begun = Instant::now();
    let mut on = |_, _, _| ControlFlow::Continue(());
    let fitted = fit(features, &responses, &request, None, &mut on)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{{\"seconds\":{seconds:.4},\"median_r\":{:.4}}}",
        fitted.median_r()
    );
    Ok(())
}
