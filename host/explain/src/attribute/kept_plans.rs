//! Backward plans that a thread keeps for its next request.
//!
//! Planning a backward pass takes longer than running it. A program that explains
//! one input after another by the same method and target, as the live page does,
//! lets its thread keep the plans with [`keep_plans`]; without that, none is kept.

use std::cell::RefCell;
use std::rc::Rc;

use tract_adjoint::Plan;

/// A plan that its thread may keep.
pub(super) type SharedPlan = Rc<RefCell<Plan>>;

/// The plans of a thread; the one that was asked for last is at the end.
#[derive(Default)]
struct Shelf {
    count: usize,
    plans: Vec<(String, SharedPlan)>,
}

impl Shelf {
    fn drop_surplus(&mut self) {
        let surplus = self.plans.len().saturating_sub(self.count);
        self.plans.drain(..surplus);
    }
}

thread_local! {
    static SHELF: RefCell<Shelf> = RefCell::default();
}

/// Lets this thread keep up to `count` backward plans from now on, those that it
/// used last. Guided Grad-CAM uses two for a request, every other method one.
pub fn keep_plans(count: usize) {
    SHELF.with_borrow_mut(|shelf| {
        shelf.count = count;
        shelf.drop_surplus();
    });
}

/// The plan that this thread keeps under `key` and that is not in use, or the one
/// that `make` makes. Everything that decides about a plan must be in its key.
pub(super) fn get<E>(key: String, make: impl FnOnce() -> Result<Plan, E>) -> Result<SharedPlan, E> {
    let kept = SHELF.with_borrow_mut(|shelf| {
        let is_it =
            |(other, plan): &(String, SharedPlan)| *other == key && Rc::strong_count(plan) == 1;
        let entry = shelf.plans.iter().position(is_it)?;
        let entry = shelf.plans.remove(entry);
        let plan = Rc::clone(&entry.1);
        shelf.plans.push(entry);
        Some(plan)
    });
    if let Some(plan) = kept {
        return Ok(plan);
    }
    let plan = Rc::new(RefCell::new(make()?));
    SHELF.with_borrow_mut(|shelf| {
        shelf.plans.push((key, Rc::clone(&plan)));
        shelf.drop_surplus();
    });
    Ok(plan)
}

/// Keeps a plan no longer: it failed.
pub(super) fn forget(plan: &SharedPlan) {
    SHELF.with_borrow_mut(|shelf| shelf.plans.retain(|(_, kept)| !Rc::ptr_eq(kept, plan)));
}

#[cfg(test)]
mod tests {
    use super::super::{Backward, Method, Request, Rules, Wrt, explain};
    use super::*;
    use crate::float_model::{FloatModel, Overrides};
    use crate::target::{Aim, ClassValue, Target};
    use std::ops::ControlFlow;

    fn kept() -> usize {
        SHELF.with_borrow(|shelf| shelf.plans.len())
    }

    fn model() -> FloatModel {
        FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped")
    }

    fn aim(model: &FloatModel, class: usize) -> Aim {
        let target = Target::Class(class.to_string());
        target.aim(model, ClassValue::Logit).expect("a class")
    }

    #[test]
    fn a_plan_is_made_once_while_method_and_target_stay() {
        keep_plans(1);
        let model = model();
        let layer = aim(&model, 3).layer;
        // Which plan it is, as long as the shelf keeps it alive.
        let plan = |backward: &Backward| Rc::as_ptr(&backward.plan);
        let make = |rules| Backward::new(&model, layer, Wrt::Input, rules).expect("a plan");
        let first = plan(&make(Rules::Gradient));
        let again = make(Rules::Gradient);
        assert_eq!(plan(&again), first);
        // In use, it is not given away.
        let beside = make(Rules::Gradient);
        assert_ne!(plan(&beside), first);
        assert_eq!(kept(), 1);
        drop((again, beside));
        // Another method has another plan, and takes its place.
        let other = plan(&make(Rules::Guided));
        assert_eq!(plan(&make(Rules::Guided)), other);
        assert_eq!(kept(), 1);
        keep_plans(0);
        drop(make(Rules::Gradient));
        assert_eq!(kept(), 0);
    }

    #[test]
    fn a_kept_plan_gives_the_same_attributions() {
        let model = model();
        let [channels, height, width] = model.input_shape();
        let inputs = [1, 2].map(|seed: usize| -> Vec<f32> {
            let count = channels * height * width;
            (0..count)
                .map(|at| ((at * seed * 37) % 256) as f32 / 255.0)
                .collect()
        });
        let attribute = |name: &str, input: &[f32], class: usize| {
            let method = Method::standard(name, [height, width]).expect("a method");
            let aim = aim(&model, class);
            let request = Request {
                input,
                aim: &aim,
                method: &method,
            };
            explain(&model, request, &mut |_, _| ControlFlow::Continue(())).expect("it runs")
        };
        for name in ["gradient", "guided-grad-cam", "lrp-epsilon"] {
            for (input, class) in [(&inputs[0], 3), (&inputs[1], 3), (&inputs[1], 8)] {
                keep_plans(0);
                let fresh = attribute(name, input, class);
                keep_plans(2);
                attribute(name, &inputs[0], 0);
                assert!(kept() > 0, "{name}");
                assert_eq!(attribute(name, input, class), fresh, "{name}");
            }
        }
        keep_plans(0);
    }
}
