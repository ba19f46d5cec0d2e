//! What a plan promises: ties, refusals, intermediate values, memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tract_adjoint::{Adjoint, AdjointError, Objective, Rule, Rules, Target, load_onnx, outlet};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::CumSum;
use tract_onnx::tract_core::ops::cnn::{MaxPool, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{DataFormat, Reduce, Reducer, Softmax, SoftmaxKind};

/// Counts what is allocated and not yet freed.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), SeqCst) + layout.size();
        PEAK.fetch_max(live, SeqCst);
        // SAFETY: the caller's promises are those of `System.alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), SeqCst);
        // SAFETY: the caller's promises are those of `System.dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The counters are the process's: tests that allocate take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn lecture_lenet() -> TypedModel {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    load_onnx(
        &root.join("../../models/lecture-lenet/lecture-lenet.onnx"),
        &[],
    )
    .unwrap()
}

fn digit() -> Tensor {
    let pixels: Vec<f32> = (0..784).map(|i| ((i * 37) % 101) as f32 / 101.0).collect();
    Tensor::from_shape(&[1, 1, 28, 28], &pixels).unwrap()
}

#[test]
fn ten_thousand_steps_leave_no_more_memory_in_use_than_a_hundred() {
    let _turn = turn();
    let model = lecture_lenet();
    let mut plan = Adjoint::of(&model).plan().unwrap();
    let mut step = |target: &Target| {
        plan.run(tvec![digit().into_tvalue()], target)
            .map(|pass| pass.value)
            .unwrap()
    };
    let first = step(&Target::LogProbability(3));
    for _ in 0..100 {
        step(&Target::Sum);
    }
    let before = LIVE.load(SeqCst);
    for _ in 0..10_000 {
        step(&Target::Sum);
    }
    assert_eq!(LIVE.load(SeqCst), before);
    assert_eq!(step(&Target::LogProbability(3)), first);
}

/// What a plan says it needs is what a run allocates: nothing less, and more only by what
/// is no value: of each node the head of a tensor, a place in the list of values and in
/// that of its operands, and the counts of its references. The buffers of our own
/// operators stay from one run to the next, so that a second run does not ask for them.
#[test]
fn memory_is_as_reported() {
    let _turn = turn();
    let model = lecture_lenet();
    // The peak after a first run: what tract sets up there stays. The least of several,
    // because the test harness starts and ends threads of its own in between.
    let peak_of = |run: &mut dyn FnMut()| {
        run();
        let peak = |_| {
            let before = LIVE.load(SeqCst);
            PEAK.store(before, SeqCst);
            run();
            PEAK.load(SeqCst) - before
        };
        (0..8).map(peak).min().unwrap_or(0)
    };
    let lists = |graph: &TypedModel| {
        let of_a_node =
            size_of::<Tensor>() + 2 * size_of::<TVec<TValue>>() + 2 * size_of::<usize>();
        graph.nodes().len() * of_a_node
    };
    let mut plan = Adjoint::of(&model).plan().unwrap();
    let values = plan.memory();
    assert!(values.value_and_gradient_bytes > values.forward_bytes);

    let forward = model.into_optimized().unwrap();
    let beside = lists(&forward);
    let mut forward = forward.into_runnable().unwrap().spawn().unwrap();
    let have = peak_of(&mut || {
        forward.run(tvec![digit().into_tvalue()]).unwrap();
    });
    let said = values.forward_bytes;
    assert!(
        (said..said + beside).contains(&have),
        "{have} {said} {beside}"
    );

    let have = peak_of(&mut || {
        plan.run(tvec![digit().into_tvalue()], &Target::Sum)
            .unwrap();
    });
    let said = values.value_and_gradient_bytes;
    // On some processors (AVX2 does, AVX-512 does not) gemm packs both matrices of a
    // product while it runs, with sides rounded up to its tiles. The largest product is
    // the second convolution's way back: 180 × 50 by 50 × 100.
    let tiles = |side: usize| side.next_multiple_of(32);
    let packed = 50 * (tiles(180) + tiles(100)) * size_of::<f32>();
    let beside = plan.graphs().map(lists).iter().sum::<usize>() + packed;
    assert!(
        (said..said + beside).contains(&have),
        "{have} {said} {beside}"
    );
    // The way back through the second convolution: 20 · 3 · 3 taps at 10 · 10 places.
    let buffers = plan.memory().value_and_gradient_bytes - said;
    assert_eq!(buffers, 180 * 100 * size_of::<f32>());
}

fn tied_pool() -> TypedModel {
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([1, 1, 3, 3])).unwrap();
    let spec = PoolSpec::new(
        DataFormat::NCHW,
        tvec!(2, 2),
        PaddingSpec::Valid,
        None,
        Some(tvec!(1, 1)),
        1,
        1,
    );
    let y = model
        .wire_node("pool", MaxPool::new(spec, None), &[x])
        .unwrap();
    model.select_output_outlets(&y).unwrap();
    model
}

#[test]
fn of_tied_values_the_first_by_rows_gets_all() {
    let _turn = turn();
    let model = tied_pool();
    // Windows overlap, and the greatest value is there three times.
    let x = Tensor::from_shape(
        &[1, 1, 3, 3],
        &[1.0_f32, 5.0, 5.0, 0.0, 5.0, 2.0, 3.0, 3.0, 3.0],
    );
    let x = x.unwrap();
    let want = Tensor::from_shape(
        &[1, 1, 3, 3],
        &[0.0_f32, 30.0, 0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0],
    );
    let weights = vec![10.0, 20.0, 4.0, 8.0];
    for rule in [Rule::Gradient, Rule::Epsilon(0.0)] {
        let mut plan = Adjoint::of(&model)
            .rules(Rules::uniform(rule))
            .plan()
            .unwrap();
        let objective = Target::Weighted(weights.clone());
        let pass = plan
            .run(tvec![x.clone().into_tvalue()], &objective)
            .unwrap();
        // Relevance is conserved: 42 came in.
        assert_eq!(*pass.gradients[0], *want.as_ref().unwrap());
    }
}

#[test]
fn all_negative_windows_have_a_switch() {
    let _turn = turn();
    let model = tied_pool();
    let x = Tensor::from_shape(&[1, 1, 3, 3], &[f32::NEG_INFINITY; 9]).unwrap();
    let mut plan = Adjoint::of(&model).plan().unwrap();
    let pass = plan.run(tvec![x.into_tvalue()], &Target::Sum).unwrap();
    let want = [1.0_f32, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let gradient = pass.gradients[0].to_plain_array_view::<f32>().unwrap();
    assert_eq!(gradient.iter().copied().collect::<Vec<_>>(), want);
}

#[test]
fn a_rectifier_has_the_slope_zero_at_zero() {
    let _turn = turn();
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([3])).unwrap();
    let zero = model.add_const("zero", tensor1(&[0.0_f32])).unwrap();
    let y = model.wire_node("relu", math::max(), &[x, zero]).unwrap();
    model.select_output_outlets(&y).unwrap();
    let input = tensor1(&[-1.0_f32, 0.0, 2.0]);
    let run = |rule| {
        let mut plan = Adjoint::of(&model)
            .rules(Rules::uniform(rule))
            .plan()
            .unwrap();
        let objective = Target::Weighted(vec![3.0, 4.0, -5.0]);
        let pass = plan
            .run(tvec![input.clone().into_tvalue()], &objective)
            .unwrap();
        pass.gradients[0].clone().into_tensor()
    };
    assert_eq!(run(Rule::Gradient), tensor1(&[0.0_f32, 0.0, -5.0]));
    assert_eq!(run(Rule::Guided), tensor1(&[0.0_f32, 0.0, 0.0]));
    assert_eq!(run(Rule::Deconvnet), tensor1(&[3.0_f32, 4.0, 0.0]));
}

/// By its formula, `2x / n`: tract computes it in 32 bits, too few for differences.
#[test]
fn a_mean_of_squares_leads_back_to_its_operand() {
    let _turn = turn();
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([2, 4])).unwrap();
    let op = Reduce::new(tvec!(1), Reducer::MeanOfSquares);
    let y = model.wire_node("mean", op, &[x]).unwrap();
    model.select_output_outlets(&y).unwrap();
    let input = tensor2(&[[1.0_f32, -2.0, 3.0, 8.0], [0.0, 4.0, -6.0, 1.0]]);
    let mut plan = Adjoint::of(&model).plan().unwrap();
    let pass = plan.run(tvec![input.into_tvalue()], &Target::Sum).unwrap();
    let want = tensor2(&[[0.5_f32, -1.0, 1.5, 4.0], [0.0, 2.0, -3.0, 0.5]]);
    assert_eq!(pass.gradients[0].clone().into_tensor(), want);
}

/// A bound elsewhere than at 0, or from above, is no rectifier: guided passes have
/// its derivative, and a deconvnet does not know it.
#[test]
fn the_rules_of_rectifiers_are_for_rectifiers() {
    let _turn = turn();
    let weights = [-3.0_f32, 4.0, -5.0];
    for (op, bound, derivative) in [
        (math::max(), 1.0_f32, [0.0_f32, 0.0, -5.0]),
        (math::min(), 0.0, [-3.0, 0.0, 0.0]),
        (math::min(), 1.0, [-3.0, 4.0, 0.0]),
    ] {
        let mut model = TypedModel::default();
        let x = model.add_source("x", f32::fact([3])).unwrap();
        let bound = model.add_const("bound", tensor1(&[bound])).unwrap();
        let y = model.wire_node("bounded", op, &[x, bound]).unwrap();
        model.select_output_outlets(&y).unwrap();
        for (rule, want) in [
            (Rule::Gradient, derivative),
            (Rule::Guided, derivative),
            (Rule::Deconvnet, weights),
        ] {
            let mut plan = Adjoint::of(&model)
                .rules(Rules::uniform(rule))
                .plan()
                .unwrap();
            let input = tensor1(&[-1.0_f32, 0.0, 2.0]).into_tvalue();
            let pass = plan
                .run(tvec![input], &Target::Weighted(weights.to_vec()))
                .unwrap();
            assert_eq!(pass.gradients[0].clone().into_tensor(), tensor1(&want));
        }
    }
}

#[test]
fn equal_operands_and_equal_elements_share() {
    let _turn = turn();
    let mut model = TypedModel::default();
    let a = model.add_source("a", f32::fact([2])).unwrap();
    let b = model.add_source("b", f32::fact([2])).unwrap();
    let y = model.wire_node("max", math::max(), &[a, b]).unwrap()[0];
    let y = model
        .wire_node("greatest", Reduce::new(tvec!(0), Reducer::Max), &[y])
        .unwrap();
    model.select_output_outlets(&y).unwrap();
    let mut plan = Adjoint::of(&model).wrt(&[a, b]).plan().unwrap();
    let inputs = tvec![
        tensor1(&[2.0_f32, 2.0]).into(),
        tensor1(&[2.0_f32, 1.0]).into()
    ];
    let pass = plan.run(inputs, &Target::Sum).unwrap();
    assert_eq!(*pass.gradients[0], tensor1(&[0.25_f32, 0.5]));
    assert_eq!(*pass.gradients[1], tensor1(&[0.25_f32, 0.0]));
}

#[test]
fn intermediate_values_are_differentiated_and_read() {
    let _turn = turn();
    let model = lecture_lenet();
    let [pool, logits] = ["pool2", "fc"].map(|name| outlet(&model, name).unwrap());
    let weights = model.node(outlet(&model, "conv1").unwrap().node).inputs[1];
    let request = Adjoint::of(&model)
        .read(&[pool, logits])
        .wrt(&[pool, weights]);
    let mut plan = request.plan().unwrap();
    // The objective: all of the pool twice, and one logit.
    let objective = |values: &[TValue]| -> Result<(f64, Vec<Tensor>), AdjointError> {
        let (sum, mut seeds) = Target::Sum.evaluate(&values[..1])?;
        let (logit, more) = Target::Element(4).evaluate(&values[1..])?;
        let twice = seeds[0]
            .to_plain_array_view::<f32>()?
            .mapv(|seed| 2.0 * seed);
        seeds = vec![twice.into_tensor()];
        seeds.extend(more);
        Ok((2.0 * sum + logit, seeds))
    };
    let pass = plan.run(tvec![digit().into_tvalue()], &objective).unwrap();
    let kernel = model
        .node(outlet(&model, "fc").unwrap().node)
        .inputs
        .clone();
    let product = model.node(kernel[0].node);
    let dense = product
        .inputs
        .iter()
        .find_map(|at| model.outlet_fact(*at).unwrap().konst.clone());
    let dense = dense.unwrap();
    let dense = dense.to_plain_array_view::<f32>().unwrap();
    // d logit / d pool is the row of the dense layer, whichever way it is stored.
    let row: f64 = {
        let axis = dense.shape().iter().position(|&size| size == 10).unwrap();
        dense
            .index_axis(tract_ndarray::Axis(axis), 4)
            .iter()
            .map(|&w| f64::from(w))
            .sum()
    };
    let gradient = pass.gradients[0].to_plain_array_view::<f32>().unwrap();
    let sum: f64 = gradient.iter().map(|&g| f64::from(g)).sum();
    assert!((sum - (2.0 * 1250.0 + row)).abs() < 1e-2, "{sum} {row}");
    assert_eq!(pass.gradients[1].shape(), [20, 1, 5, 5]);
    let first = pass.gradients[0]
        .to_plain_array_view::<f32>()
        .unwrap()
        .len();
    assert_eq!(first, 1250);
}

/// So that a profile of the way back can be read.
#[test]
fn nodes_of_the_way_back_are_named_after_those_they_differentiate() {
    let _turn = turn();
    let model = lecture_lenet();
    let plan = Adjoint::of(&model).plan().unwrap();
    let [_, backward] = plan.graphs();
    for layer in ["conv2", "pool1", "relu2"] {
        let mut names = backward.nodes().iter().map(|node| &node.name);
        assert!(
            names.any(|name| name.starts_with(&format!("{layer}."))),
            "{backward}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let _turn = turn();
    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([3])).unwrap();
    let other = model.add_source("other", f32::fact([3])).unwrap();
    let sums = model.wire_node(
        "running",
        CumSum {
            axis: 0,
            reverse: false,
            exclusive: false,
        },
        &[x],
    );
    model.select_output_outlets(&sums.unwrap()).unwrap();
    let refused = Adjoint::of(&model).plan().unwrap_err();
    assert!(
        matches!(&refused, AdjointError::Unsupported { node, .. } if node == "running"),
        "{refused}"
    );
    let unrelated = Adjoint::of(&model).wrt(&[other]).plan().unwrap_err();
    assert!(matches!(&unrelated, AdjointError::Unrelated(name) if name == "other"));
    let nothing = Adjoint::of(&model).read(&[]).plan().unwrap_err();
    assert!(matches!(nothing, AdjointError::Nothing(_)));
    assert!(matches!(
        outlet(&model, "nowhere"),
        Err(AdjointError::NoNode(_))
    ));

    let mut model = TypedModel::default();
    let x = model.add_source("x", f32::fact([1, 3])).unwrap();
    let y = model.wire_node(
        "softmax",
        Softmax::new(tvec!(1), None, SoftmaxKind::Softmax),
        &[x],
    );
    model.select_output_outlets(&y.unwrap()).unwrap();
    let relevance = Adjoint::of(&model)
        .rules(Rules::uniform(Rule::Epsilon(0.0)))
        .plan();
    assert!(matches!(relevance, Err(AdjointError::Unsupported { node, .. }) if node == "softmax"));
    let mut plan = Adjoint::of(&model).plan().unwrap();
    let wrong = plan.run(tvec![tensor1(&[1.0_f32]).into()], &Target::Sum);
    assert!(matches!(wrong, Err(AdjointError::Input { index: 0, .. })));
    assert!(matches!(
        plan.run(tvec![], &Target::Sum),
        Err(AdjointError::Inputs { have: 0, need: 1 })
    ));
    let input = || tvec![tensor2(&[[1.0_f32, 2.0, 3.0]]).into_tvalue()];
    assert!(matches!(
        plan.run(input(), &Target::Element(3)),
        Err(AdjointError::Objective(_))
    ));
    assert!(plan.run(input(), &Target::Element(2)).is_ok());
}
