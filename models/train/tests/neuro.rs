//! The same seed gives the same auto-encoder, another seed another, and the file is the network
//! that was trained.

use cortexscope_brain::autoencode::{PlantedSession, TEST};
use cortexscope_train::neuro::recipe::{Recipe, Schedule};
use cortexscope_train::neuro::table::Table;
use cortexscope_train::neuro::{decoder, emit, train::train, witness};

/// A recipe of few steps, and a round after another.
fn short(recipe: Recipe) -> Recipe {
    let schedule = Schedule {
        batch: 16,
        look_every: 5,
        patience: 1,
        most_steps: 10,
        ..recipe.schedule
    };
    Recipe { schedule, ..recipe }
}

#[test]
fn the_same_seed_gives_the_same_arm_and_another_seed_another() {
    let session = PlantedSession::record().unwrap();
    // Every kind of layer, and a normalisation's running means.
    for name in ["dae-nr2-significant-1", "cnn-fr-0"] {
        let arm = name.parse().unwrap();
        let table = Table::of(arm);
        let recipe = short(Recipe::of(arm));
        let made = |recipe: &Recipe| {
            let (network, record) = train(arm, recipe, &session);
            let onnx = emit::emit(name, &table, &network.parameters(&table));
            (network, record, onnx)
        };
        let (network, record, onnx) = made(&recipe);
        assert!(record.best_step > 0 && record.steps <= 30, "{record:?}");
        assert!(made(&recipe).2 == onnx, "{name}");
        let seed = recipe.seed + 1;
        let (other, ..) = made(&Recipe { seed, ..recipe });
        let images = &session.images[TEST][..5];
        witness::compare(&network, &table, images, &onnx).unwrap();
        assert!(witness::compare(&other, &table, images, &onnx).is_err());
    }
}

#[test]
fn the_same_seed_gives_the_same_decoder() {
    let session = PlantedSession::record().unwrap();
    let recipe = short(Recipe::of_decoder());
    let made = |recipe: &Recipe| decoder::train(recipe, &session);
    let first = made(&recipe);
    assert!(made(&recipe).onnx == first.onnx);
    witness::compare_decoder(&first).unwrap();
    let seed = recipe.seed + 1;
    let other = made(&Recipe { seed, ..recipe });
    assert!(other.onnx != first.onnx);
}
