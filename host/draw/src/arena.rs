//! The arena plan: which buffer lies where, and for how long.

use super::drawing::{Anchor, Drawing, TextStyle};
use super::error::PictureError;
use super::layout::MARGIN_PX;
use super::number::grouped;
use super::theme::Role;

/// What a buffer of the arena holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BufferKind {
    /// A layer's input or output.
    Tensor,
    /// What a layer needs only while it runs.
    Scratch,
}

/// A buffer in the arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArenaBuffer {
    /// The tensor's name, or what the scratch is for.
    pub name: String,
    /// What it holds.
    pub kind: BufferKind,
    /// Where it begins, in bytes from the arena's start.
    pub offset_bytes: u64,
    /// How large it is.
    pub bytes: u64,
    /// The step that writes it first.
    pub first_step: usize,
    /// The last step that needs it.
    pub last_step: usize,
}

impl ArenaBuffer {
    fn end_bytes(&self) -> u64 {
        self.offset_bytes.saturating_add(self.bytes)
    }

    /// Whether both have the same bytes in the same step.
    fn overlaps(&self, other: &Self) -> bool {
        self.first_step <= other.last_step
            && other.first_step <= self.last_step
            && self.offset_bytes < other.end_bytes()
            && other.offset_bytes < self.end_bytes()
    }
}

/// The planned use of the arena over the steps of one inference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArenaPlan {
    /// The steps' names, in the order they run.
    pub steps: Vec<String>,
    /// The buffers.
    pub buffers: Vec<ArenaBuffer>,
    /// Highest byte that was written on the board, where it was measured.
    pub measured_bytes: Option<u64>,
}

const PLOT_HEIGHT_PX: u32 = 280;
const TOP_PX: u32 = 84;
const AXIS_PX: u32 = 56;
const FOOT_PX: u32 = 44;
const RIGHT_PX: u32 = 8;

impl ArenaPlan {
    /// The planned size: the end of the buffer that ends last.
    pub fn planned_bytes(&self) -> u64 {
        let ends = self.buffers.iter().map(ArenaBuffer::end_bytes);
        ends.max().unwrap_or(0)
    }

    /// Bytes in use during a step; what two buffers share counts once.
    pub fn live_bytes(&self, step: usize) -> u64 {
        let alive = self.buffers.iter();
        let alive = alive.filter(|buffer| (buffer.first_step..=buffer.last_step).contains(&step));
        let mut places: Vec<[u64; 2]> = alive
            .map(|buffer| [buffer.offset_bytes, buffer.end_bytes()])
            .collect();
        places.sort_unstable();
        let mut reached = 0;
        let covered = places.into_iter().map(|[start, end]| {
            let new = end.saturating_sub(start.max(reached));
            reached = reached.max(end);
            new
        });
        covered.fold(0, u64::saturating_add)
    }

    /// Whether a step writes over its input.
    fn shares(&self) -> bool {
        let mut buffers = self.buffers.iter().enumerate();
        buffers.any(|(at, one)| self.buffers[..at].iter().any(|other| one.overlaps(other)))
    }

    fn check(&self) -> Result<(), PictureError> {
        if self.steps.is_empty() || self.planned_bytes() == 0 {
            return Err(PictureError::Empty {
                what: "arena plan".to_owned(),
                shape: format!("{} steps, {} buffers", self.steps.len(), self.buffers.len()),
            });
        }
        let steps = self.steps.len();
        match self
            .buffers
            .iter()
            .find(|buffer| buffer.first_step > buffer.last_step || buffer.last_step >= steps)
        {
            Some(buffer) => Err(PictureError::Lifetime {
                name: buffer.name.clone(),
                first_step: buffer.first_step,
                last_step: buffer.last_step,
                steps,
            }),
            None => Ok(()),
        }
    }
}

/// Draws every buffer as a rectangle, steps to the right and bytes upwards,
/// to scale, with the peak and below each step what is in use.
///
/// # Errors
/// [`PictureError::Empty`] and [`PictureError::Lifetime`].
pub fn arena_plan(plan: &ArenaPlan, width: u32) -> Result<Drawing, PictureError> {
    plan.check()?;
    let planned = plan.planned_bytes();
    let left = MARGIN_PX + AXIS_PX;
    let plot_width = width
        .saturating_sub(left + RIGHT_PX + MARGIN_PX)
        .max(plan.steps.len() as u32 * 24);
    let column = |step: usize| left + (plot_width as usize * step / plan.steps.len()) as u32;
    let bottom = TOP_PX + PLOT_HEIGHT_PX;
    let level = |bytes: u64| {
        let height = bytes as f64 / planned as f64 * f64::from(PLOT_HEIGHT_PX);
        bottom - height.round() as u32
    };
    let fullest = (0..plan.steps.len())
        .max_by_key(|&step| (plan.live_bytes(step), std::cmp::Reverse(step)))
        .unwrap_or(0);
    let mut drawing = Drawing {
        width: left + plot_width + RIGHT_PX + MARGIN_PX,
        height: bottom + FOOT_PX + MARGIN_PX,
        alt: format!(
            "Arena plan: {} B for {} buffers over {} steps; the fullest step is {} with {} B in use",
            grouped(planned),
            plan.buffers.len(),
            plan.steps.len(),
            plan.steps[fullest],
            grouped(plan.live_bytes(fullest))
        ),
        marks: Vec::new(),
    };
    heading(&mut drawing, plan, planned);
    for quarter in 0..=4 {
        let bytes = planned * quarter / 4;
        let y = level(bytes) as i32;
        drawing.rect([left as i32, y], [plot_width, 1], Role::Line);
        drawing.text(
            [left as i32 - 8, y + 4],
            Anchor::End,
            TextStyle::TICK,
            grouped(bytes),
        );
    }
    // Of two that overlap the earlier one lies above: it goes when its step ends.
    let mut buffers: Vec<&ArenaBuffer> = plan.buffers.iter().collect();
    if plan.shares() {
        buffers.sort_by_key(|buffer| std::cmp::Reverse(buffer.first_step));
    }
    for (at, buffer) in buffers.iter().enumerate() {
        let (from, to) = (column(buffer.first_step), column(buffer.last_step + 1));
        let (top, floor) = (level(buffer.end_bytes()), level(buffer.offset_bytes));
        let above = buffers[at + 1..]
            .iter()
            .filter(|other| buffer.overlaps(other));
        let covered = above.map(|other| {
            let (left, right) = (column(other.first_step), column(other.last_step + 1));
            [
                left,
                level(other.end_bytes()),
                right,
                level(other.offset_bytes),
            ]
        });
        let last = column(buffer.last_step);
        let room = visible([from, top, to, floor], last, &covered.collect::<Vec<_>>());
        draw_buffer(
            &mut drawing,
            buffer,
            [from, top],
            [to - from, floor - top],
            room,
        );
    }
    let peak = TOP_PX as i32;
    for dash in (left..left + plot_width).step_by(8) {
        let length = (left + plot_width - dash).min(5);
        drawing.rect([dash as i32, peak], [length, 1], Role::Warm);
    }
    let mut is_live_shown = false;
    for (step, name) in plan.steps.iter().enumerate() {
        let room = column(step + 1) - column(step);
        let middle = ((column(step) + column(step + 1)) / 2) as i32;
        let style = if step == fullest {
            TextStyle::STRONG
        } else {
            TextStyle::CAPTION
        };
        let live = grouped(plan.live_bytes(step));
        is_live_shown |= style.width_px(&live) + 4 <= room;
        for (line, text) in [name.as_str(), &live].into_iter().enumerate() {
            if style.width_px(text) + 4 <= room {
                let y = bottom as i32 + 18 + 16 * line as i32;
                drawing.text([middle, y], Anchor::Middle, style, text);
            }
        }
    }
    if is_live_shown {
        drawing.text(
            [left as i32 - 8, bottom as i32 + 34],
            Anchor::End,
            TextStyle::TICK,
            "in use, B",
        );
    }
    Ok(drawing)
}

fn heading(drawing: &mut Drawing, plan: &ArenaPlan, planned: u64) {
    let title = drawing.text(
        [MARGIN_PX as i32, 28],
        Anchor::Start,
        TextStyle::TITLE,
        "arena",
    );
    let measured = match plan.measured_bytes {
        Some(bytes) if bytes == planned => format!("planned = measured = {} B", grouped(planned)),
        Some(bytes) => format!(
            "planned {} B, measured {} B",
            grouped(planned),
            grouped(bytes)
        ),
        None => format!("planned {} B", grouped(planned)),
    };
    let after = (MARGIN_PX + title + 10) as i32;
    drawing.text([after, 28], Anchor::Start, TextStyle::CAPTION, measured);
    let scale = "bytes from the arena’s start upwards, steps to the right; to scale";
    let overlap = "where two overlap, a step writes over what it has read";
    let both = format!("{scale}; {overlap}");
    let room = drawing.width - 2 * MARGIN_PX;
    let lines = match plan.shares() {
        false => vec![scale],
        true if TextStyle::CAPTION.width_px(&both) <= room => vec![both.as_str()],
        true => vec![scale, overlap],
    };
    for (line, text) in lines.into_iter().enumerate() {
        let baseline = 46 + 16 * line as i32;
        let corner = [MARGIN_PX as i32, baseline];
        drawing.text(corner, Anchor::Start, TextStyle::CAPTION, text);
    }
    drawing.text(
        [
            (drawing.width - MARGIN_PX - RIGHT_PX) as i32,
            TOP_PX as i32 - 6,
        ],
        Anchor::End,
        TextStyle::BODY.in_role(Role::Warm),
        format!("peak {} B", grouped(planned)),
    );
}

/// The largest part of a box, `[left, top, right, bottom]`, that none of `covered`
/// hides: all of it, its last step, or the strip above or below what hides it.
fn visible(all: [u32; 4], last: u32, covered: &[[u32; 4]]) -> [u32; 4] {
    let [left, top, right, bottom] = all;
    let highest = covered.iter().map(|cover| cover[1]).min().unwrap_or(bottom);
    let lowest = covered.iter().map(|cover| cover[3]).max().unwrap_or(top);
    let parts = [
        all,
        [last, top, right, bottom],
        [left, top, right, highest.clamp(top, bottom)],
        [left, lowest.clamp(top, bottom), right, bottom],
    ];
    let is_free = |part: &[u32; 4]| {
        covered.iter().all(|cover| {
            part[0] >= cover[2] || cover[0] >= part[2] || part[1] >= cover[3] || cover[1] >= part[3]
        })
    };
    let area = |part: &[u32; 4]| (part[2] - part[0]) * (part[3] - part[1]);
    let free = parts.into_iter().filter(is_free);
    free.max_by_key(area).unwrap_or([left, top, left, top])
}

fn draw_buffer(
    drawing: &mut Drawing,
    buffer: &ArenaBuffer,
    [left, top]: [u32; 2],
    [width, height]: [u32; 2],
    room: [u32; 4],
) {
    let corner = [left as i32 + 1, top as i32];
    // The smallest buffer is still seen.
    let size = [width.saturating_sub(2).max(1), height.max(2)];
    let fill = match buffer.kind {
        BufferKind::Tensor => Role::TensorFill,
        BufferKind::Scratch => Role::ScratchFill,
    };
    let corner = [corner[0], corner[1] + height as i32 - size[1] as i32];
    drawing.rect(corner, size, fill);
    drawing.frame(corner, size, Role::Arena);
    let bytes = format!("{} B", grouped(buffer.bytes));
    let name_width = TextStyle::STRONG.width_px(&buffer.name);
    let bytes_width = TextStyle::BODY.width_px(&bytes);
    // The text goes where the box is not hidden.
    let is_hidden = room != [left, top, left + width, top + height];
    let (corner, size) = if is_hidden {
        let size = [room[2] - room[0], room[3] - room[1]];
        (
            [room[0] as i32 + 1, room[1] as i32],
            [size[0].saturating_sub(2), size[1]],
        )
    } else {
        (corner, size)
    };
    let baseline = corner[1] + 16;
    if size[1] < 20 || name_width + 12 > size[0] {
        return;
    }
    drawing.text(
        [corner[0] + 7, baseline],
        Anchor::Start,
        TextStyle::STRONG,
        buffer.name.as_str(),
    );
    if name_width + bytes_width + 22 <= size[0] {
        let after = corner[0] + 15 + name_width as i32;
        drawing.text([after, baseline], Anchor::Start, TextStyle::BODY, bytes);
    } else if size[1] >= 36 && bytes_width + 12 <= size[0] {
        drawing.text(
            [corner[0] + 7, baseline + 15],
            Anchor::Start,
            TextStyle::BODY,
            bytes,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::super::drawing::{Mark, Paint, layout::assert_tidy};
    use super::*;

    fn plan() -> ArenaPlan {
        let buffer = |name: &str, kind, offset_bytes, bytes, first_step, last_step| ArenaBuffer {
            name: name.to_owned(),
            kind,
            offset_bytes,
            bytes,
            first_step,
            last_step,
        };
        ArenaPlan {
            steps: ["conv1", "conv2", "dense", "softmax"]
                .map(str::to_owned)
                .into(),
            buffers: vec![
                buffer("input", BufferKind::Tensor, 0, 784, 0, 0),
                buffer("rows", BufferKind::Scratch, 784, 960, 0, 0),
                buffer("pool1", BufferKind::Tensor, 1744, 2880, 0, 1),
                buffer("pool2", BufferKind::Tensor, 480, 1250, 1, 2),
                buffer("logits", BufferKind::Tensor, 0, 40, 2, 3),
            ],
            measured_bytes: Some(4624),
        }
    }

    #[test]
    fn rectangles_are_to_scale() {
        let drawing = arena_plan(&plan(), 960).expect("a plan");
        assert_tidy(&drawing);
        let tensors: Vec<(i32, i32, u32, u32)> = drawing
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect {
                    x,
                    y,
                    width,
                    height,
                    paint: Paint::Role(Role::TensorFill),
                } => Some((*x, *y, *width, *height)),
                _ => None,
            })
            .collect();
        let [input, pool1, pool2, logits] = tensors[..] else {
            panic!("four tensors, not {tensors:?}");
        };
        assert_eq!(pool1.1, TOP_PX as i32, "the peak buffer ends at the top");
        // 784 and 2,880 of 4,624 B on 280 pixels.
        assert_eq!((input.3, pool1.3), (47, 174));
        assert_eq!(
            pool1.2 + 2,
            2 * (input.2 + 2),
            "two steps are twice as wide as one"
        );
        assert_eq!(
            pool2.0,
            input.0 + input.2 as i32 + 2,
            "the second step begins after the first"
        );
        assert_eq!(logits.3, 2, "a small buffer is still seen");
    }

    #[test]
    fn the_peak_and_what_is_in_use_are_said() {
        let drawing = arena_plan(&plan(), 960).expect("a plan");
        let texts: Vec<&str> = drawing.texts().collect();
        for said in [
            "peak 4,624 B",
            "planned = measured = 4,624 B",
            "4,130",
            "1,290",
            "2,880 B",
        ] {
            assert!(texts.contains(&said), "{said:?} is not among {texts:?}");
        }
        let mut other = plan();
        other.measured_bytes = Some(4600);
        let drawing = arena_plan(&other, 960).expect("a plan");
        assert!(
            drawing
                .texts()
                .any(|text| text == "planned 4,624 B, measured 4,600 B")
        );
    }

    #[test]
    fn many_steps_leave_out_names_rather_than_overlap() {
        let mut plan = plan();
        plan.steps
            .extend((0..30).map(|index| format!("layer-{index}")));
        assert_tidy(&arena_plan(&plan, 960).expect("a plan"));
    }

    #[test]
    fn a_lifetime_past_the_last_step_is_refused() {
        let mut plan = plan();
        plan.buffers[1].last_step = 4;
        let refused = arena_plan(&plan, 960).expect_err("no fifth step");
        assert_eq!(
            refused.to_string(),
            "buffer rows: steps 0 to 4 are not within 4 steps"
        );
        plan.buffers.clear();
        assert!(matches!(
            arena_plan(&plan, 960),
            Err(PictureError::Empty { .. })
        ));
    }

    #[test]
    fn the_theme_colours_the_tensors() {
        let drawing = arena_plan(&plan(), 960).expect("a plan");
        for theme in [Theme::Light, Theme::Dark] {
            let image = drawing.raster(theme, 1);
            let inside = *image.get_pixel(MARGIN_PX + AXIS_PX + 20, TOP_PX + 100);
            assert_eq!(inside, theme.colour(Role::TensorFill));
        }
    }
}
