//! Human early visual cortex and IT against two layers of AlexNet.

use cortexscope_brain::data::{Images, NumberArray};
use cortexscope_brain::encode::Features;
use cortexscope_brain::similarity::Rdm;
use cortexscope_statistics::spearman;
use cortexscope_statistics::student::two_sided_p;

use crate::session::{CELLS, alexnet};
use crate::{go_on, outside};

/// (relu2 − relu4) in early visual cortex less the same in IT, for each of 15 subjects: .0399,
/// t(14) = 2.75, p = .016, above 0 in 12, by an independent implementation.
#[test]
#[ignore = "needs outside data: cargo xtask test --data DIR"]
fn early_and_late_layers_part_in_each_subject_as_the_areas_do() {
    let file = outside("brain/fmri78_evc_it.npz");
    let images = Images::open(&format!("{file}:images")).unwrap();
    let model = alexnet();
    let layers = ["relu2", "relu4"].map(|name| model.find(name).unwrap());
    let features = Features::compute(&model, &layers, CELLS, &images, &mut go_on).unwrap();
    let layers: Vec<Rdm> = features
        .iter()
        .map(|features| Rdm::of(&features.values, features.size()))
        .collect();
    // Of each subject, by how much the early layer is nearer than the late one.
    let apart = |area: &str| -> Vec<f64> {
        let array = NumberArray::open(&format!("{file}:{area}")).unwrap();
        let subjects = Rdm::all_of(&array).unwrap();
        let of = |subject: &Rdm| {
            let near = |layer: &Rdm| spearman(&layer.pairs, &subject.pairs).unwrap();
            near(&layers[0]) - near(&layers[1])
        };
        subjects.iter().map(of).collect()
    };
    let (early, late) = (apart("evc"), apart("it"));
    let interaction: Vec<f64> = early.iter().zip(&late).map(|(a, b)| a - b).collect();
    let count = interaction.len() as f64;
    let mean = interaction.iter().sum::<f64>() / count;
    let squares: f64 = interaction.iter().map(|value| (value - mean).powi(2)).sum();
    let t = mean / (squares / (count - 1.0) / count).sqrt();
    let p = two_sided_p(t, interaction.len() - 1);
    let above = interaction.iter().filter(|value| **value > 0.0).count();
    println!("interaction {mean:.4}, t {t:.2}, p {p:.4}, above 0 in {above} of {count}");
    assert!((mean - 0.040).abs() < 0.005, "{mean}");
    assert!(p < 0.05, "{p}");
    assert!(above >= 11, "{above}");
}
