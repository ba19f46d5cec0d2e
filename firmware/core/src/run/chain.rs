//! A step that runs a chain of layers row by row: [`crate::rows`].

use super::{Stop, combine_parts, look_up, slide_rows, tap_whole};
use crate::arena::{copy, int8};
use crate::image::{Layer, Model, Op};
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
    let mut links = Links::NONE;
    let taken = links.take(model, step.layers.clone());
    taken.ok_or(None)?;
    let chain = Chain {
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
    let place = plan.place(step.output()).ok_or(None)?;
    tap_whole(step.output(), arena, place, tap)
}

struct Chain<'c> {
    plan: &'c Plan<'c>,
    step: &'c Step,
    links: &'c [Link],
}

impl Chain<'_> {
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
        let from = self.source(layer.input(), row.link, schedule)?;
        let element_row = |from: Range<usize>| {
            let start = from.start.wrapping_add(row.at * link.input.row_elements());
            start..start.wrapping_add(to.len())
        };
        match &layer.op {
            Op::Lookup(table) => look_up(table, arena, element_row(from), to.clone())?,
            Op::Add(_) | Op::Mul(_) => {
                let second = *layer.inputs.get(1)?;
                let second = self.source(second.into(), row.link, schedule)?;
                let both = [element_row(from), element_row(second)];
                combine_parts(&layer.op, arena, both, to.clone())?;
            }
            op => {
                let scratch = &self.step.scratch;
                slide_rows(op, arena, &from, &to, scratch, row.at..row.at + 1)?;
            }
        }
        Some(to)
    }

    /// Where a row goes: into the output, or to the end of the rows that are held, the
    /// oldest of which makes room.
    fn room(&self, arena: &mut [u8], link: &Link, row: Row) -> Option<Range<usize>> {
        let bytes = link.output.row_elements();
        let Some(reader) = self.links.get(row.link + 1) else {
            let output = self.plan.place(self.step.output())?;
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
    #[inline(never)]
    fn held(&self, link: usize) -> Option<Range<usize>> {
        let (reader, before) = self.links.get(1..link + 2)?.split_last()?;
        let mut start = self.step.row.start;
        for reader in before {
            start += reader.held_bytes();
        }
        Some(start..start + reader.held_bytes())
    }

    /// Where `tensor`, which link `link` reads, would lie if all its rows were there: of a
    /// tensor between two links the oldest row that is held is not the first.
    fn source(&self, tensor: usize, link: usize, schedule: &Schedule<'_>) -> Option<Range<usize>> {
        if tensor <= self.step.layers.start || tensor >= self.step.output() {
            return self.plan.place(tensor);
        }
        let before = link.checked_sub(1)?;
        let reader = self.links.get(link)?;
        let gone = schedule.made(before).saturating_sub(reader.held_rows());
        let Range { start, end } = self.held(before)?;
        Some(start.wrapping_sub(gone * reader.input.row_elements())..end)
    }
}
