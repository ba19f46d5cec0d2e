//! Products of two values that vary: an activation written out, or a gate.

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;

use crate::AdjointError;
use crate::tape::Tape;

/// Where the relevance of a product of two varying operands goes as it is; none where
/// no rule says it.
///
/// `x · sigmoid(x)` and its like are functions of one value, which pass relevance on to
/// it. Of a signal and a gate with fewer values, the signal takes all (Arras et al. 2017,
/// section 3.1).
pub fn source(tape: &Tape<'_>, operands: [OutletId; 2]) -> Result<Option<OutletId>, AdjointError> {
    let [first, second] = operands;
    let (own, other) = (functions(tape, first)?, functions(tape, second)?);
    if let Some(&common) = own.iter().find(|outlet| other.contains(outlet)) {
        return Ok(Some(common));
    }
    let count = |outlet| {
        tape.shape(outlet)
            .map(|shape| shape.iter().product::<usize>())
    };
    let (own, other) = (count(first)?, count(second)?);
    Ok(match own.cmp(&other) {
        std::cmp::Ordering::Greater => Some(first),
        std::cmp::Ordering::Less => Some(second),
        std::cmp::Ordering::Equal => None,
    })
}

/// Functions of one value that are looked through.
const MOST_STEPS: usize = 32;

/// `outlet` and the values before it that it is a function of, element by element.
fn functions(tape: &Tape<'_>, outlet: OutletId) -> Result<Vec<OutletId>, AdjointError> {
    let mut found = vec![outlet];
    while let Some(&last) = found.last()
        && found.len() < MOST_STEPS
    {
        let node = tape.model.node(last.node);
        if !node.op_is::<ElementWiseOp>() && !node.op_is::<TypedBinOp>() {
            break;
        }
        let mut varying = Vec::new();
        for &input in &node.inputs {
            if tape.constant(input)?.is_none() {
                varying.push(input);
            }
        }
        let before = match *varying {
            [only] => Some(only),
            [first, second] => {
                let others = functions(tape, second)?;
                let own = functions(tape, first)?;
                own.into_iter().find(|outlet| others.contains(outlet))
            }
            _ => None,
        };
        match before {
            Some(before) if tape.shape(before)? == tape.shape(outlet)? => found.push(before),
            _ => break,
        }
    }
    Ok(found)
}
