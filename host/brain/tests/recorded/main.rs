//! What is found on data that this repository may not ship, beside what was found independently:
//! recorded neurons and their published models, subjects of fMRI, and sets of images.

mod compact;
mod control;
mod explained;
mod layers;
mod mouse;
mod principal;
mod session;
mod similarity;

use std::ops::ControlFlow;
use std::path::Path;

use cortexscope_brain::encode::Stage;

/// The path of what is called `name` in the folder of outside data.
fn outside(name: &str) -> String {
    let folder = std::env::var_os("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
    let path = Path::new(&folder).join(name);
    assert!(path.exists(), "no such file: {}", path.display());
    path.to_str().expect("a plain path").to_owned()
}

/// Ends nothing.
fn go_on(_: Stage, _: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn median(values: &[f64]) -> f64 {
    cortexscope_statistics::median(values).unwrap()
}
