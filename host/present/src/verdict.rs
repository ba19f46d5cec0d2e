//! Whether a network fits a part, in words.

use cortexscope_budget::fit::Fit;
use cortexscope_draw::number::grouped;

/// What does not fit, by how much, and what would make it fit.
pub fn verdict(fit: &Fit) -> String {
    let Some([flash, ram]) = fit.has else {
        return "fits: the host has no such limits".to_owned();
    };
    let over = |need: u64, has: u64| need.saturating_sub(has);
    // What the part has room for and its firmware, as it is built, has not.
    let short_arena = |need: u64| fit.arena_bytes.filter(|&has| need > has);
    let mut wrong = Vec::new();
    wrong.extend(short_flash(fit, flash));
    let ram_over = over(fit.fused_ram_bytes, ram);
    if ram_over > 0 {
        wrong.push(format!(
            "RAM is short by {} B even fused: make the maps smaller, or take a part with {} B",
            grouped(ram_over),
            grouped(fit.fused_ram_bytes)
        ));
    }
    if !wrong.is_empty() {
        return format!("does not fit: {}", wrong.join("; "));
    }
    if let Some(has) = short_arena(fit.fused_arena_bytes) {
        return format!(
            "fits the part, not its firmware: fused takes {} B of arena, it is built with {}; \
             raise arena_bytes in the board's board.toml and build the firmware, or give a \
             smaller input",
            grouped(fit.fused_arena_bytes),
            grouped(has)
        );
    }
    let tapped_over = over(fit.tapped_ram_bytes, ram);
    if tapped_over > 0 {
        return format!(
            "fits with --mode fused; tapped is short of RAM by {} B",
            grouped(tapped_over)
        );
    }
    if let Some(has) = short_arena(fit.tapped_arena_bytes) {
        return format!(
            "fits with --mode fused; tapped takes {} B of arena, the firmware is built with {}",
            grouped(fit.tapped_arena_bytes),
            grouped(has)
        );
    }
    "fits".to_owned()
}

/// What the board image lacks of flash: the part has `flash` bytes in all, and a region of
/// them is for models.
fn short_flash(fit: &Fit, flash: u64) -> Option<String> {
    let short = fit.flash_over_bytes();
    if short == 0 {
        return None;
    }
    let short = grouped(short);
    Some(match fit.model_region_bytes {
        // The part itself is large enough.
        Some(region) if fit.flash_bytes <= flash => format!(
            "flash is short by {short} B: the region for models has {} B; leave out that many \
             weights, or make regions.model in the board's board.toml larger and build the \
             firmware",
            grouped(region)
        ),
        _ => format!(
            "flash is short by {short} B: leave out that many weights, or take a part with {} B",
            grouped(fit.flash_bytes)
        ),
    })
}
