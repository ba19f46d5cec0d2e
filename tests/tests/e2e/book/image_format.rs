//! The chapter on the image format has the records as the engine reads them.

use cortexscope_core::image::format::{
    Header, LayerRecord, PlanRecord, StepRecord, TensorRecord, VERSION,
};
use std::mem::offset_of;

/// A record's name in the chapter, its size, and where its fields begin.
type Record = (&'static str, usize, Vec<(&'static str, usize)>);

macro_rules! record {
    ($heading:literal, $record:ident: $($field:ident),+) => {
        (
            $heading,
            size_of::<$record>(),
            vec![$((stringify!($field), offset_of!($record, $field))),+],
        )
    };
}

/// The fields that begin a row of the chapter.
fn records() -> [Record; 5] {
    [
        record!("Header", Header: magic, version, image_bytes, hash, name, labels, tensors,
            layers, operands, plans, onnx_hash, reserved),
        record!("Tensor", TensorRecord: name, height, width, channels, kind, zero, scale, reserved),
        record!("Layer", LayerRecord: op, clamp_min, clamp_max, kernel, groups, kernel_h,
            stride_h, dilation_h, pad_top, pad_bottom, reserved2, inputs, weights, bias,
            multipliers, table, packed, factors),
        record!("Plan", PlanRecord: mode, arena_bytes, steps, placements),
        record!("Step", StepRecord: kind, layers, layer, scratch_offset, scratch_bytes, row_bytes),
    ]
}

#[test]
fn every_field_stands_where_the_chapter_says() {
    let page = include_str!("../../../../docs/image-format.md");
    for (heading, bytes, fields) in records() {
        let (_, after) = page
            .split_once(&format!("\n## {heading}\n"))
            .expect(heading);
        let section = after.split("\n## ").next().unwrap_or_default();
        let rows: Vec<&str> = section
            .lines()
            .filter(|row| row.starts_with("| ") && !row.starts_with("| at"))
            .collect();
        assert_eq!(rows.len(), fields.len(), "{heading}: {rows:?}");
        let ends = fields.iter().skip(1).map(|&(_, at)| at).chain([bytes]);
        for ((row, &(field, at)), end) in rows.iter().zip(&fields).zip(ends) {
            let expected = format!("| {at} | {} | `{field}`", end - at);
            assert!(row.starts_with(&expected), "{heading}: {expected}: {row}");
        }
    }
    let version = format!("| `version` | {VERSION} |");
    assert!(page.contains(&version), "{version}");
}
