//! Layers of weights: convolutions and products.

use super::sizes::{beyond, elements, square};
use super::windows::window;
use super::{Reads, Walk, layer_name};
use crate::{Layer, Op};
use cortexscope_net::onnx::Attributes;

impl Walk {
    /// A convolution, quantised or not.
    pub(super) fn convolution(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let node = reads.node;
        // QLinearConv has its weights behind two scales and zeros of the input.
        let (at, bias) = match node.op_type.as_str() {
            "QLinearConv" => (3, Some(8)),
            "ConvInteger" => (1, None),
            _ => (1, Some(2)),
        };
        let weights = self.constant(node, at).ok_or("its weights are computed")?;
        let unusable = || format!("weights of the sizes {weights:?}");
        let all = elements(&weights).ok_or_else(unusable)?;
        let [outputs, per_group, kernel @ ..] = weights.as_slice() else {
            return Err(unusable());
        };
        let [input, height, width] = square(reads.sizes()).ok_or("its input is no map")?;
        let groups = Attributes(node).int("group", 1);
        let groups = groups.map_err(|error| error.to_string())?;
        let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
        let groups = groups.ok_or("no positive number of groups")?;
        if per_group.checked_mul(groups) != Some(input) {
            return Err(format!(
                "{input} channels for weights of the sizes {weights:?} in {groups} groups"
            ));
        }
        let window = window(node, kernel, [height, width])?;
        if window.kernel != kernel {
            return Err(format!(
                "attribute `kernel_shape` is {:?} for weights of the sizes {weights:?}",
                window.kernel
            ));
        }
        let slid = window.slide([height, width], false);
        let [rows, columns] = slid.ok_or("no window fits")?;
        let shape = [*outputs, rows, columns];
        let values = elements(&shape).ok_or_else(|| beyond(&shape))?;
        let layer = Layer {
            name: layer_name(node, at),
            op: Op::Conv { window, groups },
            inputs: vec![reads.tensor()],
            shape,
            weights: self.count(node, at)?,
            biases: bias.map_or(Ok(0), |bias| self.count(node, bias))?,
            macs: (all / outputs) as u64 * values as u64,
            in_place: Vec::new(),
        };
        self.push(layer, node, &shape)
    }

    /// A product with a matrix of weights.
    pub(super) fn dense(&mut self, reads: &Reads<'_>) -> Result<(), String> {
        let node = reads.node;
        let weights = self.constant(node, 1).ok_or("its weights are computed")?;
        let unusable = || format!("weights of the sizes {weights:?}");
        let [rows, columns] = weights[..] else {
            return Err(unusable());
        };
        let macs = elements(&weights).ok_or_else(unusable)?;
        let transposed = Attributes(node).int("transB", 0);
        let (inputs, outputs) = if transposed.map_err(|error| error.to_string())? != 0 {
            (columns, rows)
        } else {
            (rows, columns)
        };
        let sizes = reads.sizes();
        if sizes.iter().product::<usize>() != inputs {
            return Err(format!("{sizes:?} into weights for {inputs} inputs"));
        }
        let layer = Layer {
            name: layer_name(node, 1),
            op: Op::Dense,
            inputs: vec![reads.tensor()],
            shape: [outputs, 1, 1],
            weights: self.count(node, 1)?,
            biases: self.count(node, 2)?,
            macs: macs as u64,
            in_place: Vec::new(),
        };
        self.push(layer, node, &[outputs])
    }
}
