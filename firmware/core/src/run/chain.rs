//! A step that runs a chain of layers row by row: [`crate::rows`].

use super::{Stop, combine_parts, look_up, tap_whole};
use crate::arena::{copy, int8, parts, words};
use crate::image::{Layer, Model, Op};
use crate::ops::{InputRows, Output, slide};
use crate::plan::{Plan, Step};
use crate::rows::{Link, Links, Row, Schedule};
use crate::tap::Tap;
use core::ops::Range;

/// All rows of all layers of the step.
#[inline(never)]
pub(super) fn run<T: Tap>(
    model: &Model<'_>,
    plan: &Plan<'_>,
    arena: &mut [u8],
    step: &Step,
    tap: &mut T,
) -> Result<(), Stop<T>> {
    let links = Links::of(model, step.layers.clone()).ok_or(None)?;
    let chain = Chain {
        model,
        plan,
        step,
        links: links.all(),
    };
    let mut schedule = Schedule::new(chain.links);
    while let Some(row) = schedule.next() {
        let layer = step.layers.start + row.link;
        let tensor = layer + 1;
        let layer = model.layer(layer);
        let layer = layer.as_ref().ok_or(None)?;
        tap.begin(tensor);
        let to = chain.make(arena, layer, row, &schedule).ok_or(None)?;
        tap.end(tensor);
        tap.between_rows();
        if tensor < step.output() && tap.wants(tensor) {
            let made = int8(arena.get_mut(to).ok_or(None)?);
            tap.activation(tensor, row.at * made.len(), made)
                .map_err(Some)?;
        }
    }
    let place = plan.place(model, step.output()).ok_or(None)?;
    tap_whole(step.output(), arena, place, tap)
}

struct Chain<'c, 'm> {
    model: &'c Model<'m>,
    plan: &'c Plan<'c>,
    step: &'c Step,
    links: &'c [Link],
}

/// Rows of a tensor: where they lie, and which is the first.
struct Rows {
    place: Range<usize>,
    first: usize,
}

impl Chain<'_, '_> {
    /// Makes a row; gives where it lies. `None` where the plan does not belong to the model.
    fn make(
        &self,
        arena: &mut [u8],
        layer: &Layer<'_>,
        row: Row,
        schedule: &Schedule<'_>,
    ) -> Option<Range<usize>> {
        let link = self.links.get(row.link)?;
        let to = self.room(arena, link, row)?;
        match &layer.op {
            Op::Conv2d(_) | Op::MaxPool(_) => {
                let from = self.rows(layer.input(), row.link, schedule)?;
                // An output over the same memory may have taken what lies before.
                let first = link.window.first_row(row.at).min(link.input.height);
                let first = first.max(from.first);
                let left = (first - from.first) * link.input.row_elements();
                let left = from.place.start + left;
                let scratch = self.step.scratch.clone();
                let places = [left..from.place.end, to.clone(), scratch];
                let [x, y, scratch] = parts(arena, places)?;
                slide(
                    &layer.op,
                    InputRows::from(first, int8(x)),
                    row.at,
                    0..link.output.width,
                    words(scratch)?,
                    Output::of(y, false)?,
                )?;
            }
            Op::Lookup(table) => {
                let from = self.element_row(layer.input(), row, schedule)?;
                look_up(table, arena, from, to.clone())?;
            }
            Op::Add(_) | Op::Mul(_) => {
                let &[a, b] = layer.inputs else {
                    return None;
                };
                let a = self.element_row(a.into(), row, schedule)?;
                let b = self.element_row(b.into(), row, schedule)?;
                combine_parts(&layer.op, arena, [a, b], to.clone())?;
            }
            Op::Dense(_) | Op::Concat => return None,
        }
        Some(to)
    }

    /// Where a row goes: into the output, or to the end of the rows that are held, the
    /// oldest of which makes room.
    fn room(&self, arena: &mut [u8], link: &Link, row: Row) -> Option<Range<usize>> {
        let bytes = link.output.row_elements();
        let Some(reader) = self.links.get(row.link + 1) else {
            let output = self.plan.place(self.model, self.step.output())?;
            let start = output.start + row.at * bytes;
            return Some(start..start + bytes);
        };
        let held = reader.held_rows();
        let place = self.held(row.link)?;
        let slot = row.at.min(held.checked_sub(1)?);
        if row.at >= held {
            let rows = arena.get_mut(place.clone())?;
            for at in 1..held {
                let (before, after) = rows.split_at_mut_checked(at * bytes)?;
                copy(after.get(..bytes)?, before.get_mut((at - 1) * bytes..)?);
            }
        }
        let start = place.start + slot * bytes;
        Some(start..start + bytes)
    }

    /// Where the rows lie that are held of what link `link` makes.
    fn held(&self, link: usize) -> Option<Range<usize>> {
        let mut start = self.step.row.start;
        let mut readers = self.links.iter().skip(1);
        for _ in 0..link {
            start += readers.next()?.held_bytes();
        }
        Some(start..start + readers.next()?.held_bytes())
    }

    /// The rows that there are of `tensor`, which link `link` reads.
    fn rows(&self, tensor: usize, link: usize, schedule: &Schedule<'_>) -> Option<Rows> {
        let before = link.checked_sub(1);
        let Some(before) = before.filter(|before| self.step.layers.start + before + 1 == tensor)
        else {
            let place = self.plan.place(self.model, tensor)?;
            return Some(Rows { place, first: 0 });
        };
        let held = self.links.get(link)?.held_rows();
        Some(Rows {
            place: self.held(before)?,
            first: schedule.made(before).saturating_sub(held),
        })
    }

    /// Where the row of `tensor` lies that goes into `row` element by element.
    fn element_row(
        &self,
        tensor: usize,
        row: Row,
        schedule: &Schedule<'_>,
    ) -> Option<Range<usize>> {
        let rows = self.rows(tensor, row.link, schedule)?;
        let bytes = self.links.get(row.link)?.input.row_elements();
        let start = rows.place.start + row.at.checked_sub(rows.first)? * bytes;
        Some(start..start + bytes)
    }
}
