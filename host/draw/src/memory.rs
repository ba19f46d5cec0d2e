//! Flash and RAM to scale: what a chip has, and what takes it.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::layout::MARGIN_PX;
use super::number::bytes;
use super::theme::Role;

/// What a part of a memory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// The model's weights and biases.
    Weights,
    /// Machine code.
    Code,
    /// Constants that are not the model.
    Tables,
    /// The activation arena.
    Arena,
    /// The stack at its deepest.
    Stack,
    /// Statics.
    Static,
    /// Anything else.
    Other,
}

/// A named part of a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemorySegment {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: SegmentKind,
    /// How large it is.
    pub bytes: u64,
}

/// One memory of the chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryBar {
    /// Its name: `Flash`, `RAM`.
    pub name: String,
    /// How much the chip has.
    pub capacity_bytes: u64,
    /// What is used of it, in order of address.
    pub segments: Vec<MemorySegment>,
}

const TOP_PX: u32 = 16;
const WHOLE_PX: u32 = 10;
const ZOOM_PX: u32 = 22;
const PART_PX: u32 = 18;
const BLOCK_GAP_PX: u32 = 22;
const LEGEND_PX: u32 = 20;
/// From this share of the chip on, the parts can be seen without enlarging.
const LEGIBLE_SHARE: f64 = 0.6;

impl SegmentKind {
    fn role(self) -> Role {
        match self {
            SegmentKind::Weights => Role::Weights,
            SegmentKind::Code => Role::Code,
            SegmentKind::Tables => Role::Tables,
            SegmentKind::Arena => Role::Arena,
            SegmentKind::Stack => Role::Stack,
            SegmentKind::Static => Role::Static,
            SegmentKind::Other => Role::Dim,
        }
    }
}

impl MemoryBar {
    /// Bytes of all segments.
    pub fn used_bytes(&self) -> u64 {
        self.segments
            .iter()
            .map(|segment| segment.bytes)
            .fold(0, u64::saturating_add)
    }
}

/// Draws each memory as a bar to scale; where little of it is used, that part
/// again, enlarged. Names and bytes stand below.
///
/// # Errors
/// [`PictureError::Empty`] for no memory, or one without capacity.
pub fn memory_bars(memories: &[MemoryBar], width: u32) -> Result<Drawing, PictureError> {
    if memories.is_empty() || memories.iter().any(|memory| memory.capacity_bytes == 0) {
        return Err(PictureError::Empty {
            what: "memory".to_owned(),
            shape: format!("{} memories", memories.len()),
        });
    }
    let summary = |memory: &MemoryBar| {
        format!(
            "{} {} of {}",
            memory.name,
            bytes(memory.used_bytes()),
            bytes(memory.capacity_bytes)
        )
    };
    let mut drawing = Drawing {
        width,
        height: 0,
        alt: format!(
            "Memory in use: {}",
            memories.iter().map(summary).collect::<Vec<_>>().join("; ")
        ),
        marks: Vec::new(),
    };
    let mut top = TOP_PX;
    for memory in memories {
        top = draw_memory(&mut drawing, memory, top) + BLOCK_GAP_PX;
    }
    drawing.height = top - BLOCK_GAP_PX + MARGIN_PX;
    Ok(drawing)
}

/// Draws one memory from `top` on and gives where it ends.
fn draw_memory(drawing: &mut Drawing, memory: &MemoryBar, top: u32) -> u32 {
    let left = MARGIN_PX as i32;
    let length = drawing.width - 2 * MARGIN_PX;
    let used = memory.used_bytes();
    let share = used as f64 / memory.capacity_bytes as f64;
    let baseline = top as i32 + 13;
    drawing.text(
        [left, baseline],
        Anchor::Start,
        TextStyle::TITLE,
        memory.name.as_str(),
    );
    let over = used > memory.capacity_bytes;
    let style = if over {
        TextStyle::STRONG.in_role(Role::Warm)
    } else {
        TextStyle::BODY
    };
    let verdict = if over { "does not fit: " } else { "" };
    let share_text = if share < 0.001 {
        "<0.1 %".to_owned()
    } else {
        format!("{:.1} %", share * 100.0)
    };
    drawing.text(
        [left + length as i32, baseline],
        Anchor::End,
        style,
        format!(
            "{verdict}{} of {} · {share_text}",
            bytes(used),
            bytes(memory.capacity_bytes)
        ),
    );
    let mut y = top + 22;
    let whole = used.max(memory.capacity_bytes);
    if share < LEGIBLE_SHARE {
        drawing.rect([left, y as i32], [length, WHOLE_PX], Role::Line);
        let part = ((share * f64::from(length)).round() as u32).max(2);
        segments(drawing, memory, [left, y as i32], [part, WHOLE_PX], used);
        let (from, to) = ((y + WHOLE_PX) as f32, (y + WHOLE_PX + PART_PX) as f32);
        let (left, right) = (left as f32 + 0.5, (left + length as i32) as f32 - 0.5);
        drawing.line([left, from], [left, to], Role::Dim);
        drawing.line([left + part as f32 - 1.0, from], [right, to], Role::Dim);
        y += WHOLE_PX + PART_PX;
        segments(
            drawing,
            memory,
            [MARGIN_PX as i32, y as i32],
            [length, ZOOM_PX],
            used,
        );
    } else {
        drawing.rect([left, y as i32], [length, ZOOM_PX], Role::Line);
        segments(drawing, memory, [left, y as i32], [length, ZOOM_PX], whole);
    }
    legend(drawing, memory, y + ZOOM_PX + LEGEND_PX)
}

/// Draws the segments along a bar whose full length stands for `full_bytes`.
fn segments(
    drawing: &mut Drawing,
    memory: &MemoryBar,
    [left, top]: [i32; 2],
    [length, height]: [u32; 2],
    full_bytes: u64,
) {
    let place =
        |bytes: u64| (bytes as f64 / full_bytes.max(1) as f64 * f64::from(length)).round() as u32;
    let mut begin = 0u64;
    for segment in &memory.segments {
        let end = begin.saturating_add(segment.bytes);
        let (from, to) = (place(begin), place(end));
        drawing.rect(
            [left + from as i32, top],
            [to - from, height],
            segment.kind.role(),
        );
        begin = end;
    }
}

/// Draws names and bytes from the left, in as many lines as they need, and
/// gives where they end.
fn legend(drawing: &mut Drawing, memory: &MemoryBar, first_baseline: u32) -> u32 {
    const SWATCH_PX: u32 = 10;
    let (mut x, mut y) = (MARGIN_PX, first_baseline);
    for segment in &memory.segments {
        let size = bytes(segment.bytes);
        let width = SWATCH_PX
            + 6
            + TextStyle::CAPTION.width_px(&segment.name)
            + 6
            + TextStyle::BODY.width_px(&size);
        if x > MARGIN_PX && x + width > drawing.width - MARGIN_PX {
            (x, y) = (MARGIN_PX, y + LEGEND_PX);
        }
        let swatch = [x as i32, y as i32 - 9];
        drawing.rect(swatch, [SWATCH_PX, SWATCH_PX], segment.kind.role());
        let name = (x + SWATCH_PX + 6) as i32;
        let baseline = y as i32;
        let name_width = drawing.text(
            [name, baseline],
            Anchor::Start,
            TextStyle::CAPTION,
            segment.name.as_str(),
        );
        let after = name + name_width as i32 + 6;
        drawing.text([after, baseline], Anchor::Start, TextStyle::BODY, size);
        x += width + 20;
    }
    y + 6
}

#[cfg(test)]
mod tests {
    use super::super::drawing::{Mark, Paint, layout::assert_tidy};
    use super::*;

    fn memory(capacity_bytes: u64, parts: &[(&str, SegmentKind, u64)]) -> MemoryBar {
        MemoryBar {
            name: "RAM".to_owned(),
            capacity_bytes,
            segments: parts
                .iter()
                .map(|&(name, kind, bytes)| MemorySegment {
                    name: name.to_owned(),
                    kind,
                    bytes,
                })
                .collect(),
        }
    }

    fn widths(drawing: &Drawing, wanted: Role, height_px: u32) -> Vec<u32> {
        let width = |mark: &Mark| match mark {
            Mark::Rect {
                width,
                height,
                paint: Paint::Role(role),
                ..
            } if *role == wanted && *height == height_px => Some(*width),
            _ => None,
        };
        drawing.marks.iter().filter_map(width).collect()
    }

    #[test]
    fn segments_are_to_scale() {
        let ram = memory(
            1000,
            &[
                ("arena", SegmentKind::Arena, 250),
                ("stack", SegmentKind::Stack, 500),
            ],
        );
        let drawing = memory_bars(&[ram], 1032).expect("bars");
        assert_tidy(&drawing);
        assert_eq!(widths(&drawing, Role::Arena, ZOOM_PX), [250]);
        assert_eq!(widths(&drawing, Role::Stack, ZOOM_PX), [500]);
    }

    #[test]
    fn a_small_share_is_shown_to_scale_and_enlarged() {
        let ram = memory(
            100_000,
            &[
                ("arena", SegmentKind::Arena, 750),
                ("stack", SegmentKind::Stack, 250),
            ],
        );
        let drawing = memory_bars(&[ram], 1032).expect("bars");
        assert_tidy(&drawing);
        assert_eq!(widths(&drawing, Role::Arena, ZOOM_PX), [750]);
        let whole = widths(&drawing, Role::Arena, WHOLE_PX);
        assert!(whole.contains(&8), "8 of 1,000 pixels, not {whole:?}");
        assert!(
            drawing
                .texts()
                .any(|text| text == "1,000 B of 97.7 KiB · 1.0 %")
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let ram = memory(1000, &[("arena", SegmentKind::Arena, 1500)]);
        let drawing = memory_bars(&[ram], 960).expect("bars");
        assert_tidy(&drawing);
        assert!(
            drawing
                .texts()
                .any(|text| text.starts_with("does not fit: 1,500 B of 1,000 B"))
        );
    }

    #[test]
    fn a_long_legend_wraps() {
        let name = "a section with a long name";
        let parts: Vec<_> = (0..12).map(|_| (name, SegmentKind::Other, 10)).collect();
        assert_tidy(&memory_bars(&[memory(120, &parts)], 960).expect("bars"));
    }

    #[test]
    fn a_memory_without_capacity_is_refused() {
        assert!(memory_bars(&[memory(0, &[])], 960).is_err());
        assert!(memory_bars(&[], 960).is_err());
    }
}
