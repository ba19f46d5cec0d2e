//! Value + input gradient of the nets that are compared with other frameworks.

mod nets;

use criterion::Criterion;
use tract_adjoint::{Adjoint, Target};
use tract_onnx::prelude::*;

fn gradients(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("value and input gradient");
    group.sample_size(10);
    for name in nets::NETS {
        let model = nets::net(name);
        let input = nets::input(&model);
        for threads in [1, 2] {
            let mut plan = Adjoint::of(&model).threads(threads).plan().expect("a plan");
            group.bench_function(format!("{name}, {threads} threads"), |bencher| {
                bencher.iter(|| {
                    plan.run(tvec![input.clone().into()], &Target::Sum)
                        .expect("a run")
                });
            });
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    gradients(&mut criterion);
    criterion.final_summary();
}
