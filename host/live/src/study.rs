//! What is asked beside the frames: what the float network behind the board's makes of the
//! frame on the screen, what its filters respond to most, and which image drives a neuron on
//! the board. Each question has a thread of its own, so that neither frames nor the page
//! wait.

mod ascent;
mod attack;
mod attribution;
mod board;
mod evolution;
mod layers;
mod models;

use super::shared::Shared;
use models::Models;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Starts the threads; they end when their slots are closed.
pub(super) fn start(shared: &Arc<Shared>) -> [JoinHandle<()>; 5] {
    let models = Arc::new(Models::default());
    [
        attribution::run,
        attack::run,
        ascent::run,
        evolution::run,
        layers::run,
    ]
    .map(|run| {
        let (shared, models) = (Arc::clone(shared), Arc::clone(&models));
        std::thread::spawn(move || run(&shared, &models))
    })
}
