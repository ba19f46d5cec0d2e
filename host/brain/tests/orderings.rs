//! Which search finds how much of the optimum, over five seeds, beside what was published.

mod conv_unit;

use std::ops::ControlFlow;
use std::path::Path;

use cortexscope_brain::evolve::{Made, Plan, Settings, Subjects, Zero, experiment, screen};
use cortexscope_brain::generator::LowPass;
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

/// Noise, search, the least and the greatest share of the optimum over low frequencies, and
/// what an independent run of six units and one seed found.
const ROWS: [(bool, &str, [f64; 2], f64); 5] = [
    (false, "ga", [0.95, 1.01], 0.990),
    (false, "cma-es", [0.93, 1.01], 0.955),
    (false, "random", [0.0, 0.45], 0.356),
    (true, "cma-es", [0.7, 0.95], 0.805),
    (true, "spsa", [0.0, 0.7], 0.145),
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
fn rates(unit: &mut Unit, is_noisy: bool, name: &str) -> (Vec<f64>, f64) {
    let generator = LowPass::new([1, 28, 28]);
    let scale = SPIKES / unit.natural_best;
    let noise = if is_noisy {
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
        let found = experiment(subjects, &generator, &plan, None, &mut on, &mut further).unwrap();
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
    let mut optima = vec![0.0_f64; units.len()];
    let mut rows = Vec::new();
    for (is_noisy, name, limits, published) in ROWS {
        let mut all = Vec::new();
        for (unit, known) in units.iter_mut().zip(&mut optima) {
            let (rates, optimum) = rates(unit, is_noisy, name);
            *known = known.max(optimum);
            all.push(rates);
        }
        rows.push((is_noisy, name, limits, published, all));
    }
    println!("noise, search: share of the optimum ± SD over units and seeds (published)");
    let mut wrong = Vec::new();
    for (is_noisy, name, [least, most], published, all) in rows {
        let of_unit = all.iter().zip(&optima);
        let shares: Vec<f64> = of_unit
            .flat_map(|(rates, optimum)| rates.iter().map(move |rate| rate / optimum))
            .collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
        let deviation = (squares / (shares.len() - 1) as f64).sqrt();
        let row = format!("poisson {is_noisy}, {name}: {mean:.3} ± {deviation:.3} ({published})");
        println!("{row}");
        if !(least..=most).contains(&mean) {
            wrong.push(row);
        }
    }
    assert!(wrong.is_empty(), "outside its limits: {wrong:?}");
}
