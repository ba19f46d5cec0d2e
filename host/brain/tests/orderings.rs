//! Which search finds how much of the optimum, over five seeds, beside what was published.

mod conv_unit;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use cortexscope_brain::evolve::{Made, Plan, Settings, Subjects, Zero, experiment, screen};
use cortexscope_brain::generator::{Generator, Linear, Pixels};
use cortexscope_brain::noise::Noise;
use cortexscope_brain::optimise::preset;
use cortexscope_brain::stimuli::Stimuli;
use cortexscope_explain::float_model::{FloatModel, Overrides};

/// Channels of the second convolution; the unit in the middle of each is asked.
const UNITS: [usize; 2] = [5, 20];
const SEEDS: u64 = 5;
const QUERIES: usize = 3000;
/// Spikes for the best natural image.
const SPIKES: f64 = 20.0;

/// What is run: the space, whether there is noise, the search, the least and the greatest
/// share of the optimum in the space, and what an independent run of six units and one seed
/// found.
struct Row {
    space: &'static str,
    is_noisy: bool,
    search: &'static str,
    limits: [f64; 2],
    published: f64,
}

const fn row(
    space: &'static str,
    is_noisy: bool,
    search: &'static str,
    limits: [f64; 2],
    published: f64,
) -> Row {
    Row {
        space,
        is_noisy,
        search,
        limits,
        published,
    }
}

const ROWS: [Row; 3] = [
    row("dct", false, "ga", [0.95, 1.01], 0.990),
    row("dct", false, "cma-es", [0.93, 1.01], 0.955),
    row("dct", false, "random", [0.0, 0.45], 0.356),
];

/// A unit, the same for its gradient, its rate that counts as 0, and the best natural rate.
struct Unit {
    asked: conv_unit::ConvUnit,
    slopes: conv_unit::ConvUnit,
    zero: f64,
    natural_best: f64,
}

/// The last generation's rate for each seed, and the best that is known of the space. Of
/// random codes the best of all counts.
fn rates(unit: &mut Unit, row: &Row) -> (Vec<f64>, f64) {
    let shape = [1, 28, 28];
    let generator: Box<dyn Generator> = match row.space {
        "pixels" => Box::new(Pixels::new(shape)),
        _ => Box::new(Linear::low_pass(shape)),
    };
    let name = row.search;
    let scale = SPIKES / unit.natural_best;
    let noise = if row.is_noisy {
        Noise::Poisson { scale }
    } else {
        Noise::None
    };
    let mut optimum = 0.0_f64;
    let rates = (0..SEEDS).map(|seed| {
        let plan = Plan {
            settings: Settings {
                preset: preset(name, None).unwrap(),
                noise,
                queries: QUERIES,
                seed,
                zero: 0.0,
            },
            zero: Zero::Rate(unit.zero),
            stimuli: None,
            // One seed's climbs are enough for all.
            gradient_steps: if seed == 0 { 200 } else { 0 },
        };
        let subjects = Subjects {
            neuron: &mut unit.asked,
            twin: None,
            gradient: Some(&mut unit.slopes),
        };
        let mut on = |_: Made<'_>| ControlFlow::Continue(());
        let mut further = |_| ControlFlow::Continue(());
        let found = experiment(
            subjects,
            generator.as_ref(),
            &plan,
            None,
            &mut on,
            &mut further,
        )
        .unwrap();
        let evolution = &found.evolution;
        assert_eq!(evolution.queries_spent(), QUERIES);
        let truth = found.in_space.unwrap().rate;
        assert!(truth >= 0.99 * evolution.best_clean());
        optimum = optimum.max(truth);
        match name {
            "random" => evolution.best_clean(),
            _ => evolution.last_generation().unwrap().mean_clean,
        }
    });
    (rates.collect(), optimum)
}

#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn searches_find_the_share_of_the_optimum_that_was_found_independently() {
    let data = std::env::var_os("CORTEXSCOPE_TEST_DATA").expect("CORTEXSCOPE_TEST_DATA is set");
    let path = Path::new(&data).join("models/caffe_lenet.onnx");
    let model = FloatModel::open(path.to_str().unwrap(), &Overrides::default()).unwrap();
    let stimuli = Stimuli::open("mnist", &model.spec.input)
        .unwrap()
        .first(1000);
    let mut units: Vec<Unit> = UNITS
        .iter()
        .map(|&channel| {
            let mut asked = conv_unit::ConvUnit::new(&model, channel);
            asked.check(&model, &stimuli.images[0]);
            let natural = screen(&mut asked, &stimuli, &mut |_| true);
            let natural = natural.unwrap().unwrap();
            let natural_best = natural.best(natural.median).unwrap();
            println!(
                "c2:{channel}:4:4: median {:.3}, best natural rate {natural_best:.3}",
                natural.median
            );
            Unit {
                slopes: asked.clone(),
                asked,
                zero: natural.median,
                natural_best,
            }
        })
        .collect();
    // Optima of both spaces, one for each unit.
    let mut optima = HashMap::from(["dct", "pixels"].map(|space| (space, vec![0.0; units.len()])));
    let mut found = Vec::new();
    for row in &ROWS {
        let mut all = Vec::new();
        for (at, unit) in units.iter_mut().enumerate() {
            let (rates, optimum) = rates(unit, row);
            let known: &mut Vec<f64> = optima.get_mut(row.space).unwrap();
            known[at] = known[at].max(optimum);
            all.push(rates);
        }
        found.push(all);
    }
    println!("space, noise, search: share of the optimum ± SD over units and seeds (published)");
    let mut wrong = Vec::new();
    for (row, all) in ROWS.iter().zip(found) {
        let of_unit = all.iter().zip(&optima[row.space]);
        let shares: Vec<f64> = of_unit
            .flat_map(|(rates, optimum)| rates.iter().map(move |rate| rate / optimum))
            .collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
        let deviation = (squares / (shares.len() - 1) as f64).sqrt();
        let Row {
            space,
            is_noisy,
            search,
            limits: [least, most],
            published,
        } = row;
        let line = format!(
            "{space}, poisson {is_noisy}, {search}: {mean:.3} ± {deviation:.3} ({published})"
        );
        println!("{line}");
        if !(least..=most).contains(&&mean) {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "outside its limits: {wrong:?}");
}
