//! Operands of a node, and activations in the form in which an operator reads them.

use std::sync::Arc;

use tract_onnx::pb::{NodeProto, TensorProto, tensor_proto::DataType};

use super::fold::ints;
use super::infer::{Fact, infer};
use super::layout::{Axes, Axis, Sides, View, as_map};
use super::{Form, Reader, Refusal, Value};
use crate::onnx::builder::ints as ints_attribute;
use crate::onnx::constant::{Constant, Values, is_without_values};

/// Channels, rows and columns, the order of the normal form.
pub(super) const NORMAL: [Axis; 3] = [Axis::Channel, Axis::Row, Axis::Column];

/// The sizes of a map, of a series of samples and of a vector in a file.
pub(super) const MAP: [&[Axis]; 4] = [
    &[Axis::Batch],
    &[Axis::Channel],
    &[Axis::Row],
    &[Axis::Column],
];
const WINDOW: [&[Axis]; 3] = [&[Axis::Batch], &[Axis::Channel], &[Axis::Column]];
const VECTOR: [&[Axis]; 2] = [&[Axis::Batch], &[Axis::Channel]];

impl<'a> Reader<'a> {
    /// The tensor of `view` as a map, and which sides an operator slides along.
    ///
    /// What is no map with its channels in front is rearranged.
    pub(super) fn map(&mut self, view: &View) -> Result<(View, Sides), Refusal> {
        let axes = self.axes(view.tensor);
        if let Some(sides) = as_map(&view.dims, axes) {
            let tensor = self.in_form(view.tensor, Form::Map(axes.shape))?;
            let view = View {
                tensor,
                ..view.clone()
            };
            return Ok((view, sides));
        }
        let (shape, sides) = match *self.sizes(view) {
            [_, channels, height, width] => ([channels, height, width], Sides::Both),
            [_, channels, length] => ([channels, 1, length], Sides::One(Axis::Column)),
            _ => {
                return Err(Refusal::InputShape {
                    have: self.sizes(view),
                    wanted: "[N, C, H, W] or [N, C, T]",
                });
            }
        };
        let tensor = self.rearranged(view, Form::Map(shape))?;
        let axes = self.axes(tensor);
        let dims = match sides {
            Sides::One(_) => axes.plain(&WINDOW),
            Sides::Both | Sides::Turned => axes.plain(&MAP),
        };
        let name = view.name.clone();
        Ok((View { tensor, dims, name }, sides))
    }

    /// The first output of `node` is a map, `tensor`, on `sides`.
    pub(super) fn set_map(&mut self, node: &'a NodeProto, tensor: usize, sides: Sides) {
        let last: &[&[Axis]] = match sides {
            Sides::Both => &[&[Axis::Row], &[Axis::Column]],
            Sides::Turned => &[&[Axis::Column], &[Axis::Row]],
            Sides::One(Axis::Row) => &[&[Axis::Row]],
            Sides::One(_) => &[&[Axis::Column]],
        };
        let all = [&[&[Axis::Batch][..], &[Axis::Channel]][..], last].concat();
        let dims = self.axes(tensor).plain(&all);
        self.set_view(node, tensor, dims);
    }

    /// `[C, H, W]` of a tensor.
    pub(super) fn shape(&self, tensor: usize) -> [usize; 3] {
        self.axes(tensor).shape
    }

    /// A tensor with the values of `tensor` in the same order, in another form.
    pub(super) fn in_form(&mut self, tensor: usize, form: Form) -> Result<usize, Refusal> {
        self.named_form(tensor, form, None)
    }

    /// As `in_form`; `name` is what the file calls it, where it does.
    fn named_form(
        &mut self,
        tensor: usize,
        form: Form,
        name: Option<&str>,
    ) -> Result<usize, Refusal> {
        if self.tensors[tensor].form == form {
            return Ok(tensor);
        }
        let key = (tensor, form.sizes());
        if let Some(&formed) = self.formed.get(&key) {
            return Ok(formed);
        }
        let from = self.tensors[tensor].name.clone();
        let is_known = |name: &&str| self.tensors.iter().all(|tensor| tensor.name != **name);
        let node = name.filter(is_known).and_then(|name| {
            let mut nodes = self.checked.nodes.iter();
            nodes.find(|node| node.output.first().is_some_and(|output| output == name))
        });
        let is_flat = matches!(form, Form::Flat(_));
        let (op_type, inputs) = if is_flat {
            ("Flatten", vec![from.clone()])
        } else {
            let sizes: Vec<i64> = key.1.iter().map(|&size| size as i64).collect();
            let shape = TensorProto {
                name: format!("{from}.sizes"),
                ..Arc::unwrap_or_clone(ints(&sizes))
            };
            ("Reshape", vec![from.clone(), self.keep(Arc::new(shape))])
        };
        let formed = match node {
            Some(node) => self.emit(node, op_type, inputs, Vec::new(), form)?,
            None => {
                let what = if is_flat { "flat" } else { "map" };
                self.add(&format!("{from}.{what}"), op_type, inputs, Vec::new(), form)?
            }
        };
        self.tensors[formed].is_truth = self.tensors[tensor].is_truth;
        self.formed.insert(key, formed);
        Ok(formed)
    }

    /// The values of `view` as a vector in the order of the normal form, and for each
    /// of them where the file has it; none where both orders are the same.
    pub(super) fn flat(&mut self, view: &View) -> Result<(usize, Option<Vec<usize>>), Refusal> {
        let axes = self.axes(view.tensor);
        let order = inner_axes(&view.dims);
        let features = axes.shape.iter().product();
        let tensor = self.named_form(view.tensor, Form::Flat(features), Some(&view.name))?;
        let normal = NORMAL.into_iter().filter(|&axis| axes.size(axis) > 1);
        if order.iter().copied().eq(normal) {
            return Ok((tensor, None));
        }
        Ok((tensor, Some(positions(&order, axes))))
    }

    /// The values of `view` in the order in which the file has them, in `form`.
    fn rearranged(&mut self, view: &View, form: Form) -> Result<usize, Refusal> {
        let axes = self.axes(view.tensor);
        let order = inner_axes(&view.dims);
        if view.tensor == 0 {
            self.input_as = Some(form.sizes());
        }
        self.rearranged += 1;
        let normal = NORMAL.into_iter().filter(|axis| order.contains(axis));
        let is_normal = order.iter().copied().eq(normal);
        let rest = NORMAL.into_iter().filter(|axis| !order.contains(axis));
        let order: Vec<Axis> = rest.chain(order.iter().copied()).collect();
        let mut tensor = view.tensor;
        if !is_normal {
            tensor = self.in_form(tensor, Form::Map(axes.shape))?;
            let place =
                |axis: &Axis| 1 + NORMAL.iter().position(|known| known == axis).unwrap_or(0);
            let places: Vec<usize> = std::iter::once(0).chain(order.iter().map(place)).collect();
            let mut shape = [0; 3];
            shape
                .iter_mut()
                .zip(&order)
                .for_each(|(size, &axis)| *size = axes.size(axis));
            let from = self.tensors[tensor].name.clone();
            let name = format!("{}.transposed", view.name);
            let attributes = vec![ints_attribute("perm", &places)];
            let is_truth = self.tensors[tensor].is_truth;
            tensor = self.add(&name, "Transpose", vec![from], attributes, Form::Map(shape))?;
            self.tensors[tensor].is_truth = is_truth;
        }
        self.named_form(tensor, form, Some(&view.name))
    }

    /// `view` under other sizes of the file, where these cut through its axes.
    pub(super) fn cut(&mut self, view: &View, to: &[usize]) -> Result<View, Refusal> {
        let batch = self.batch;
        let mut own = to.to_vec();
        if batch > 1 {
            match own.first_mut() {
                Some(first) if *first == batch => *first = 1,
                _ => {
                    return Err(Refusal::Batch {
                        batch,
                        from: self.sizes(view),
                        to: to.to_vec(),
                    });
                }
            }
        }
        let (form, sides): (Form, &[&[Axis]]) = match *own {
            [1, channels, height, width] => (Form::Map([channels, height, width]), &MAP),
            [1, channels, length] => (Form::Map([channels, 1, length]), &WINDOW),
            [1, features] => (Form::Flat(features), &VECTOR),
            _ => (Form::Raw(own, DataType::Float), &[]),
        };
        let tensor = self.rearranged(view, form)?;
        if view.tensor == 0 {
            self.input_as = Some(to.to_vec());
        }
        Ok(View {
            tensor,
            dims: self.axes(tensor).plain(sides),
            name: view.name.clone(),
        })
    }

    /// The tensor of `view` with the sizes that the file gives it.
    fn as_in_file(&mut self, view: &View) -> Result<usize, Refusal> {
        if let Form::Raw(..) = self.tensors[view.tensor].form {
            return Ok(view.tensor);
        }
        let axes = Axes {
            batch: 1,
            ..self.axes(view.tensor)
        };
        let sizes = axes.sizes(&view.dims);
        let order = inner_axes(&view.dims).into_iter();
        let normal = NORMAL.into_iter().filter(|&axis| axes.size(axis) > 1);
        let form = match *sizes {
            [1, channels, height, width] => Form::Map([channels, height, width]),
            [1, features] => Form::Flat(features),
            _ => Form::Raw(sizes, DataType::Float),
        };
        if order.eq(normal) {
            self.named_form(view.tensor, form, Some(&view.name))
        } else {
            self.rearranged(view, form)
        }
    }

    /// A node on activations as the file has them, for tract to understand.
    pub(super) fn pass_on(&mut self, node: &'a NodeProto) -> Result<(), Refusal> {
        // Another layout of the input may do without.
        self.uneven += 1;
        let mut facts = Vec::new();
        let mut inputs = Vec::new();
        for name in &node.input {
            if name.is_empty() {
                inputs.push(String::new());
                continue;
            }
            match self.value(name)? {
                Value::Constant(constant) => {
                    let name = self.keep(Arc::clone(&constant));
                    let named = TensorProto {
                        name: name.clone(),
                        ..Arc::unwrap_or_clone(constant)
                    };
                    facts.push(Fact::of_constant(&named));
                    inputs.push(name);
                }
                Value::Activation(view) => {
                    let tensor = self.as_in_file(&view)?;
                    let tensor = &self.tensors[tensor];
                    let kind = match tensor.form {
                        Form::Raw(_, kind) => kind,
                        _ if tensor.is_truth => DataType::Bool,
                        _ => DataType::Float,
                    };
                    facts.push(Fact::Sizes(tensor.name.clone(), kind, tensor.form.sizes()));
                    inputs.push(tensor.name.clone());
                }
            }
        }
        let passed = NodeProto {
            input: inputs.clone(),
            ..node.clone()
        };
        let known = infer(self.opset, &passed, &facts);
        let outputs = known.map_err(|why| {
            if super::is_known(&node.op_type) {
                why
            } else {
                Refusal::Operator
            }
        })?;
        let mut written: Vec<usize> = Vec::new();
        for fact in outputs {
            let Fact::Sizes(name, kind, sizes) = fact else {
                continue;
            };
            let is_truth = kind == DataType::Bool;
            let form = match *sizes {
                _ if kind != DataType::Float && !is_truth => Form::Raw(sizes, kind),
                [1, channels, height, width] => Form::Map([channels, height, width]),
                [1, features] => Form::Flat(features),
                _ => Form::Raw(sizes, kind),
            };
            written.push(self.tensors.len());
            self.tensors.push(super::Tensor {
                name,
                form,
                is_truth,
            });
        }
        self.nodes.push(passed);
        let named = node.output.iter().enumerate();
        let named = named.filter(|(_, name)| !name.is_empty());
        for ((index, name), tensor) in named.zip(written) {
            let axes = self.axes(tensor);
            let dims = match self.tensors[tensor].form {
                Form::Map(_) => axes.plain(&MAP),
                Form::Flat(_) => axes.plain(&VECTOR),
                Form::Raw(..) => Vec::new(),
            };
            let name = name.clone();
            self.set(node, index, Value::Activation(View { tensor, dims, name }));
        }
        Ok(())
    }

    /// A constant that is spread over `view`, for a node on the view's tensor; none
    /// where it does not lie in the tensor's axes.
    pub(super) fn spread(
        &mut self,
        constant: &Arc<TensorProto>,
        view: &View,
    ) -> Result<Option<Arc<TensorProto>>, Refusal> {
        let axes = self.axes(view.tensor);
        let rank = self.tensors[view.tensor].form.sizes().len();
        let dims: Vec<usize> = constant.dims.iter().map(|&size| size as usize).collect();
        if dims.iter().all(|&size| size == 1) {
            return Ok(Some(if dims.len() <= rank {
                Arc::clone(constant)
            } else {
                redimensioned(constant, &[])
            }));
        }
        let Some(lead) = dims.len().checked_sub(view.dims.len()) else {
            // Shorter constants are aligned at the end.
            let from = view.dims.len() - dims.len();
            return Ok(self.spread_over(constant, &dims, &view.dims[from..], axes, rank));
        };
        if dims[..lead].iter().any(|&size| size != 1) {
            return Ok(None);
        }
        Ok(self.spread_over(constant, &dims[lead..], &view.dims, axes, rank))
    }

    fn spread_over(
        &mut self,
        constant: &Arc<TensorProto>,
        dims: &[usize],
        view: &[Vec<Axis>],
        axes: Axes,
        rank: usize,
    ) -> Option<Arc<TensorProto>> {
        // The axes that the constant varies along, as the file orders them.
        let mut order = Vec::new();
        for (&size, along) in dims.iter().zip(view) {
            if size == 1 {
                continue;
            }
            if size != axes.product(along) || along.contains(&Axis::Batch) {
                return None;
            }
            order.extend(along.iter().copied());
        }
        let normal: Vec<Axis> = NORMAL
            .into_iter()
            .filter(|axis| order.contains(axis))
            .collect();
        if normal != [Axis::Channel] {
            self.uneven += 1;
        }
        let size = |axis: Axis| {
            if order.contains(&axis) {
                axes.size(axis)
            } else {
                1
            }
        };
        let to: Vec<usize> = if rank == 2 {
            vec![size(Axis::Channel)]
        } else {
            NORMAL.map(size).to_vec()
        };
        if order == normal {
            let own: Vec<usize> = constant.dims.iter().map(|&size| size as usize).collect();
            let lead = |sizes: &[usize]| sizes.iter().copied().skip_while(|&s| s == 1).collect();
            let (own_tail, to_tail): (Vec<usize>, Vec<usize>) = (lead(&own), lead(&to));
            return Some(if own_tail == to_tail && own.len() <= rank {
                Arc::clone(constant)
            } else {
                redimensioned(constant, &to)
            });
        }
        let taken = positions(
            &order,
            Axes {
                shape: NORMAL.map(size),
                ..axes
            },
        );
        Some(reordered(constant, &to, &taken))
    }
}

/// The axes of a view in their order, the batch left out.
pub(super) fn inner_axes(dims: &[Vec<Axis>]) -> Vec<Axis> {
    let axes = dims.iter().flatten().copied();
    axes.filter(|&axis| axis != Axis::Batch).collect()
}

/// For each value in the order of the normal form, where it is in the order of the
/// file, whose axes these are from the outermost in.
pub(super) fn positions(order: &[Axis], axes: Axes) -> Vec<usize> {
    let mut steps = [0; 3];
    let mut step = 1;
    for axis in order.iter().rev() {
        if let Some(at) = NORMAL.iter().position(|known| known == axis) {
            steps[at] = step;
        }
        step *= axes.size(*axis);
    }
    let [channels, rows, columns] = axes.shape;
    let mut positions = Vec::with_capacity(channels * rows * columns);
    for channel in 0..channels {
        for row in 0..rows {
            for column in 0..columns {
                positions.push(channel * steps[0] + row * steps[1] + column * steps[2]);
            }
        }
    }
    positions
}

/// The same values under other sizes.
pub(super) fn redimensioned(constant: &TensorProto, to: &[usize]) -> Arc<TensorProto> {
    Arc::new(TensorProto {
        dims: to.iter().map(|&size| size as i64).collect(),
        ..constant.clone()
    })
}

/// The values at `taken`, in this order, under the sizes `to`.
pub(super) fn reordered(constant: &TensorProto, to: &[usize], taken: &[usize]) -> Arc<TensorProto> {
    let values = match Constant::parse(constant) {
        Ok(parsed) if !is_without_values(constant) => parsed.values,
        _ => return redimensioned(constant, to),
    };
    let values = match values {
        Values::Float(values) => Values::Float(pick(&values, taken)),
        Values::Int(values) => Values::Int(pick(&values, taken)),
    };
    let dims = to.to_vec();
    Arc::new(Constant { dims, values }.emit(&constant.name))
}

fn pick<T: Copy + Default>(values: &[T], taken: &[usize]) -> Vec<T> {
    let value = |&at: &usize| values.get(at).copied().unwrap_or_default();
    taken.iter().map(value).collect()
}
