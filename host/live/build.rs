//! Builds the crate again where a file of the page is added or removed.

fn main() {
    println!("cargo:rerun-if-changed=assets/live");
}
