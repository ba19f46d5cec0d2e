//! The float network behind the board's: what it makes of the frame on the
//! screen, and what its filters respond to most. Each question has a thread of its
//! own, so that neither frames nor the page wait.

mod ascent;
mod attribution;
mod layers;
mod models;

use super::shared::Shared;
use models::Models;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Starts the threads; they end when their slots are closed.
pub(super) fn start(shared: &Arc<Shared>) -> [JoinHandle<()>; 3] {
    let models = Arc::new(Models::default());
    [attribution::run, ascent::run, layers::run].map(|run| {
        let (shared, models) = (Arc::clone(shared), Arc::clone(&models));
        std::thread::spawn(move || run(&shared, &models))
    })
}
