//! The same seed gives the same file, also across an interruption, and the
//! file is the network that was trained.

use cortexscope_net::input::{MnistSet, idx::IdxArray};
use cortexscope_train::{
    architecture::Architecture,
    checkpoint::{Checkpoint, CheckpointError},
    emit,
    exported::Exported,
    mnist::{PIXELS, SIDE},
    networks,
    recipe::Recipe,
    session::Session,
    witness,
};

/// `count` digits that are a bright bar whose column depends on the class.
fn bars(count: usize) -> MnistSet {
    let labels: Vec<u8> = (0..count).map(|index| (index % 10) as u8).collect();
    let pixels = labels
        .iter()
        .flat_map(|&label| {
            (0..PIXELS).map(move |pixel| {
                let column = pixel % 28;
                if column / 2 == usize::from(label) + 2 {
                    255
                } else {
                    (pixel % 7) as u8
                }
            })
        })
        .collect();
    let images = IdxArray {
        sizes: [count, SIDE, SIDE],
        values: pixels,
    };
    let labels = IdxArray {
        sizes: [count],
        values: labels,
    };
    MnistSet::from_arrays(images, labels).unwrap()
}

fn short(network: &str) -> (Recipe, Architecture) {
    let recipe = Recipe {
        epochs: 3,
        batch_size: 16,
        ..Recipe::published(network).unwrap()
    };
    (recipe, networks::by_name(network).unwrap())
}

fn run_epochs(session: &mut Session, count: usize) {
    for _ in 0..count {
        session.run_epoch(&bars(120), &bars(20), |_| {});
    }
}

fn export(session: &Session, architecture: &Architecture) -> Vec<u8> {
    emit::emit(architecture, &session.trained().parameters(architecture))
}

fn train(recipe: Recipe, architecture: &Architecture) -> Vec<u8> {
    let mut session = Session::start(recipe, architecture);
    run_epochs(&mut session, 3);
    export(&session, architecture)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    for name in networks::NAMES {
        let (recipe, architecture) = short(name);
        let first = train(recipe.clone(), &architecture);
        assert!(first == train(recipe.clone(), &architecture), "{name}");
        let other = Recipe {
            seed: recipe.seed + 1,
            ..recipe
        };
        assert!(first != train(other, &architecture), "{name}");
    }
}

#[test]
fn an_interrupted_run_gives_the_bytes_of_an_uninterrupted_one() {
    for name in networks::NAMES {
        let (recipe, architecture) = short(name);
        let dir = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::new(dir.path().join("checkpoint"));
        for epoch in 0..3 {
            let mut session = match epoch {
                0 => Session::start(recipe.clone(), &architecture),
                _ => checkpoint.resume(recipe.clone(), &architecture).unwrap(),
            };
            run_epochs(&mut session, 1);
            checkpoint.save(&session).unwrap();
        }
        let resumed = checkpoint.resume(recipe.clone(), &architecture).unwrap();
        assert!(resumed.is_finished());
        assert!(
            export(&resumed, &architecture) == train(recipe, &architecture),
            "{name}"
        );
    }
}

#[test]
fn a_checkpoint_of_another_recipe_is_refused() {
    let (recipe, architecture) = short("lenet5");
    let dir = tempfile::tempdir().unwrap();
    let checkpoint = Checkpoint::new(dir.path());
    checkpoint
        .save(&Session::start(recipe.clone(), &architecture))
        .unwrap();
    let other = Recipe {
        seed: recipe.seed + 1,
        ..recipe
    };
    assert!(matches!(
        checkpoint.resume(other, &architecture),
        Err(CheckpointError::OtherRecipe { .. })
    ));
}

#[test]
fn tract_gives_the_logits_that_burn_gave() {
    for name in networks::NAMES {
        let (recipe, architecture) = short(name);
        let mut session = Session::start(recipe.clone(), &architecture);
        run_epochs(&mut session, 2);
        let exported = Exported::load(&export(&session, &architecture)).unwrap();
        let network = session.trained();
        witness::compare(&architecture, &network, &exported, &bars(40)).unwrap();

        // The witness can tell networks apart: another seed gives other weights.
        let seed = recipe.seed + 1;
        let mut other = Session::start(Recipe { seed, ..recipe }, &architecture);
        run_epochs(&mut other, 2);
        let other = other.trained();
        assert!(witness::compare(&architecture, &other, &exported, &bars(40)).is_err());
    }
}
