//! Searches of small neurons.

use super::*;
use crate::generator::{Linear, Pixels};
use crate::optimise::preset;
use crate::stimuli::Stimuli;

/// The correlation with a pattern, cut below 0; counts what it is asked.
struct Planted {
    asked: usize,
}

impl Neuron for Planted {
    fn shape(&self) -> [usize; 3] {
        [1, 6, 5]
    }

    fn description(&self) -> String {
        "planted".to_owned()
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        self.asked += images.len();
        let rate = |image: &&[f32]| {
            let both = image.iter().enumerate();
            both.map(|(at, &level)| f64::from(level) * if at % 3 == 0 { 1.0 } else { -0.5 })
                .sum::<f64>()
        };
        Ok(images.iter().map(rate).collect())
    }
}

fn on(_: GenerationReport<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn every_search_asks_as_often_as_its_budget_says_and_not_once_more() {
    for preset in OPTIMISERS {
        for queries in [1, 2, 19, 40, 41, 137] {
            let mut neuron = Planted { asked: 0 };
            let settings = Settings {
                preset,
                queries,
                ..Settings::default()
            };
            let generator = Pixels::new(neuron.shape());
            let found = evolve(&mut neuron, &generator, &settings, &mut on).unwrap();
            assert_eq!(
                (neuron.asked, found.queries_spent()),
                (queries, queries),
                "{}",
                preset.name
            );
            let images: usize = found.generations.iter().map(|made| made.images).sum();
            assert_eq!(images, queries);
        }
    }
}

#[test]
fn a_seed_is_a_trace_and_a_search_that_was_stopped_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    for (index, preset) in OPTIMISERS.iter().enumerate() {
        let settings = Settings {
            preset,
            noise: Noise::Poisson { scale: 3.0 },
            queries: 230,
            seed: 11,
            zero: -0.5,
        };
        let generator = Linear::low_pass([1, 6, 5]);
        let whole = evolve(&mut Planted { asked: 0 }, &generator, &settings, &mut on).unwrap();
        let path = folder.path().join(index.to_string());
        let mut checkpoint = Checkpoint::open(&path, "a search").unwrap();
        let mut stop = |made: GenerationReport<'_>| match made.spent {
            ..100 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let mut neuron = Planted { asked: 0 };
        let stopped = resume(
            &mut neuron,
            &generator,
            &settings,
            &mut checkpoint,
            &mut stop,
        );
        assert!(matches!(stopped, Err(EvolveError::Interrupted)));
        let before = neuron.asked;
        assert!((100..230).contains(&before));
        // As after a fall of the power: the last line is cut short.
        drop(checkpoint);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(b"3ff00000");
        std::fs::write(&path, bytes).unwrap();
        let mut checkpoint = Checkpoint::open(&path, "a search").unwrap();
        assert_eq!(checkpoint.len(), before);
        let mut neuron = Planted { asked: 0 };
        let resumed = resume(&mut neuron, &generator, &settings, &mut checkpoint, &mut on).unwrap();
        assert_eq!(neuron.asked, 230 - before);
        let bits = |found: &Evolution| -> Vec<u64> {
            let all = found
                .clean
                .iter()
                .chain(&found.measured)
                .chain(&found.best_code);
            all.map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&whole), bits(&resumed), "{}", preset.name);
        // A checkpoint that is full replays the search, and asks nothing.
        let mut checkpoint = Checkpoint::open(&path, "a search").unwrap();
        let mut neuron = Planted { asked: 0 };
        let replayed =
            resume(&mut neuron, &generator, &settings, &mut checkpoint, &mut on).unwrap();
        assert_eq!((neuron.asked, bits(&replayed)), (0, bits(&whole)));
    }
    // The same without a file.
    let generator = Linear::low_pass([1, 6, 5]);
    let settings = Settings {
        queries: 230,
        seed: 11,
        ..Settings::default()
    };
    let whole = evolve(&mut Planted { asked: 0 }, &generator, &settings, &mut on).unwrap();
    let mut checkpoint = Checkpoint::in_memory();
    let mut neuron = Planted { asked: 0 };
    let mut seen = Vec::new();
    let mut stop = |made: GenerationReport<'_>| {
        seen = made.best_image.to_vec();
        match made.spent {
            ..100 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    };
    let stopped = resume(
        &mut neuron,
        &generator,
        &settings,
        &mut checkpoint,
        &mut stop,
    );
    assert!(matches!(stopped, Err(EvolveError::Interrupted)));
    assert_eq!((checkpoint.len(), seen.len()), (neuron.asked, 30));
    let resumed = resume(&mut neuron, &generator, &settings, &mut checkpoint, &mut on).unwrap();
    assert_eq!((neuron.asked, resumed.clean), (230, whole.clean));
    let path = folder.path().join("0");
    let another = Checkpoint::open(&path, "another search").unwrap_err();
    assert!(another.is_request() && matches!(another, CheckpointError::Another { .. }));
    std::fs::write(&path, b"a picture").unwrap();
    assert!(Checkpoint::open(&path, "a search").is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"a picture");
}

/// The greatest measured rate is a lucky one: what is reported is the clean rate of the
/// image that was chosen by it.
#[test]
fn the_reported_score_is_clean() {
    let settings = Settings {
        preset: preset("random", None).unwrap(),
        noise: Noise::Poisson { scale: 0.5 },
        queries: 400,
        zero: -8.0,
        ..Settings::default()
    };
    let generator = Pixels::new([1, 6, 5]);
    let found = evolve(&mut Planted { asked: 0 }, &generator, &settings, &mut on).unwrap();
    let measured = found.measured.iter().copied().fold(0.0, f64::max);
    assert!(measured > 1.5 * found.best_clean());
    let own = Planted { asked: 0 }.rates(&[&found.best_image]).unwrap()[0];
    assert_eq!(found.best_clean(), own + 8.0);
    assert_eq!(found.measured[found.best_query], measured);
}

#[test]
fn a_generation_that_the_budget_cuts_is_not_the_last() {
    let settings = Settings {
        queries: 45,
        ..Settings::default()
    };
    let generator = Pixels::new([1, 6, 5]);
    let found = evolve(&mut Planted { asked: 0 }, &generator, &settings, &mut on).unwrap();
    let last = found.last_generation().unwrap();
    assert_eq!(
        (found.generations.len(), last.before, last.images),
        (3, 20, 20)
    );
    let mean = found.clean[20..40].iter().sum::<f64>() / 20.0;
    assert!((last.mean_clean - mean).abs() < 1e-12);
}

#[test]
fn images_of_another_size_and_a_budget_of_nothing_are_refused() {
    let generator = Pixels::new([1, 2, 2]);
    let error = evolve(
        &mut Planted { asked: 0 },
        &generator,
        &Settings::default(),
        &mut on,
    );
    assert!(matches!(error, Err(EvolveError::Shape { .. })));
    let settings = Settings {
        queries: 0,
        ..Settings::default()
    };
    let generator = Pixels::new([1, 6, 5]);
    let error = evolve(&mut Planted { asked: 0 }, &generator, &settings, &mut on).unwrap_err();
    assert!(error.is_request());
}

/// The neuron of an experiment is asked about natural images first, which may take long: a
/// wrong request is refused before.
#[test]
fn an_experiment_without_a_budget_asks_nothing() {
    let mut planted = Planted { asked: 0 };
    let stimuli = Stimuli {
        shape: [1, 6, 5],
        images: vec![vec![0.5; 30]; 3],
        classes: None,
        names: vec![String::new(); 3],
    };
    let subjects = Subjects {
        neuron: &mut planted,
        twin: None,
        gradient: None,
    };
    let plan = Plan {
        settings: Settings {
            queries: 0,
            ..Settings::default()
        },
        zero: Zero::NaturalMedian,
        stimuli: Some(&stimuli),
        gradient_steps: 1,
    };
    let generator = Pixels::new([1, 6, 5]);
    let found = experiment(subjects, &generator, &plan, None, &mut on, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(matches!(found, Err(EvolveError::NoQueries)));
    assert_eq!(planted.asked, 0);
}

/// A search climbs one rate; a population is refused before it is asked.
#[test]
fn a_population_is_not_climbed() {
    struct Pair;
    impl Neuron for Pair {
        fn shape(&self) -> [usize; 3] {
            [1, 6, 5]
        }
        fn description(&self) -> String {
            "a pair".to_owned()
        }
        fn neurons(&self) -> usize {
            2
        }
        fn rates(&mut self, _: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
            panic!("it was asked")
        }
    }
    let generator = Pixels::new([1, 6, 5]);
    let error = evolve(&mut Pair, &generator, &Settings::default(), &mut on).unwrap_err();
    assert!(error.is_request() && error.to_string().contains("a pair answers with 2"));
}
