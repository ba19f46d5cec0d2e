//! Maps in characters: two values above each other in one, coloured where the
//! terminal has colours, shaded where not.

use std::io::{self, Write};

use image::Rgb;

use super::style::Style;
use cortexscope_draw::Range;
use cortexscope_draw::number::{probability, significant};
use cortexscope_draw::{ActivationMaps, ColourMap, Occlusion, Palette, ProbabilityRange, Scale};

/// From nothing to most, for values from zero up.
const SHADES: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
/// From most negative over zero to most positive.
const SIGNED_SHADES: [char; 7] = ['M', '=', '-', ' ', '.', '+', '#'];
/// Characters of the key to colours or shades.
const KEY_CELLS: usize = 20;
/// Values of a vector, in numbers up to this many.
const MOST_NUMBERS: usize = 20;

/// Writes the maps of a layer side by side, with its name, shape and scale.
/// Vectors are written as numbers, or as one row of cells where they are long.
///
/// # Errors
/// What the writer gives. Values that do not fill the shape are said, not
/// drawn.
pub fn activation_maps(
    out: &mut dyn Write,
    style: Style,
    maps: &ActivationMaps,
    scale: Scale,
) -> io::Result<()> {
    if let Err(error) = maps.check() {
        return writeln!(out, "{}", style.text(&error.to_string()));
    }
    let shared = maps.range(&maps.values);
    let statement = match scale {
        _ if maps.channels == 1 || maps.is_vector() => format!("scale {}", shared.text()),
        Scale::Shared => format!("one scale for all maps: {}", shared.text()),
        Scale::PerMap => "each map has its own scale".to_owned(),
    };
    let name = style.strong(&maps.layer);
    let about = style.dim(&format!("{}  {}", maps.shape(), maps.op));
    writeln!(out, "{name}  {about}")?;
    let key = key(style, shared.map);
    if KEY_CELLS + 4 + style.text(&statement).chars().count() <= style.width {
        writeln!(out, "{key}  {}", style.dim(&statement))?;
    } else {
        writeln!(out, "{key}")?;
        for line in style.dim_lines(&statement) {
            writeln!(out, "{line}")?;
        }
    }
    if maps.is_vector() {
        return vector(out, style, maps, shared);
    }
    let tiles: Vec<Tile> = maps
        .maps()
        .map(|values| {
            let range = match scale {
                Scale::Shared => shared,
                Scale::PerMap => maps.range(values).in_colours_of(shared),
            };
            Tile {
                values: values.iter().copied().map(Some).collect(),
                width: maps.width,
                range,
            }
        })
        .collect();
    grid(out, style, &tiles)
}

/// Writes the input beside its occlusion map, with what the colours mean.
///
/// # Errors
/// What the writer gives.
pub fn occlusion(
    out: &mut dyn Write,
    style: Style,
    occlusion: &Occlusion,
    palette: Palette,
) -> io::Result<()> {
    let range = occlusion.range(ProbabilityRange::LeastToGreatest, palette);
    let [height, width] = occlusion.window;
    let class = &occlusion.class;
    let title = format!("occlusion: P({class}) when a {height}×{width} patch is hidden");
    writeln!(out, "{}", style.strong(&title))?;
    let [important, negligible] = if style.colour {
        palette.words()
    } else {
        ["light: important", "dense: negligible"]
    };
    let statement = format!(
        "P = {}, {important} … P = {}, {negligible}; nothing hidden {}",
        probability(range.low),
        probability(range.high),
        probability(occlusion.base_probability)
    );
    writeln!(out, "{}", key(style, range.map))?;
    for line in style.dim_lines(&statement) {
        writeln!(out, "{line}")?;
    }
    let grey = |pixel: &Rgb<u8>| {
        let [red, green, blue] = pixel.0.map(f32::from);
        Some((red + green + blue) / 3.0)
    };
    let input = Tile {
        values: occlusion.image.pixels().map(grey).collect(),
        width: occlusion.image.width() as usize,
        range: Range {
            low: 0.0,
            high: 255.0,
            map: ColourMap::Grey,
        },
    };
    // Each probability stands on the pixel at its patch's centre.
    let mut values = vec![None; input.values.len()];
    for (index, known) in occlusion.probabilities.iter().enumerate() {
        let (row, column) = (
            index / occlusion.columns.max(1),
            index % occlusion.columns.max(1),
        );
        let centre = [row, column]
            .into_iter()
            .zip(occlusion.stride.into_iter().zip(occlusion.window))
            .map(|(position, (stride, window))| position * stride + window / 2)
            .collect::<Vec<_>>();
        if centre[1] < input.width
            && let Some(value) = values.get_mut(centre[0] * input.width + centre[1])
        {
            *value = *known;
        }
    }
    let map = Tile {
        values,
        width: input.width,
        range,
    };
    grid(out, style, &[input, map])
}

/// One map: its values row by row; `None` is left blank.
struct Tile {
    values: Vec<Option<f32>>,
    width: usize,
    range: Range,
}

impl Tile {
    fn at(&self, column: usize, row: usize) -> Option<f32> {
        let value = *self.values.get(row * self.width + column)?;
        value.filter(|value| !value.is_nan())
    }

    /// One line of characters: rows `2 × line` and the one below.
    fn line(&self, style: Style, line: usize) -> String {
        let character = |column: usize| {
            let pair = [self.at(column, 2 * line), self.at(column, 2 * line + 1)];
            if style.colour {
                half_blocks(pair.map(|value| Some(self.range.colour(value?))))
            } else {
                let known: Vec<f32> = pair.into_iter().flatten().collect();
                let mean = known.iter().sum::<f32>() / known.len() as f32;
                if known.is_empty() {
                    " ".to_owned()
                } else {
                    shade(self.range, mean).to_string()
                }
            }
        };
        let mut text: String = (0..self.width).map(character).collect();
        if style.colour {
            text.push_str("\x1b[0m");
        }
        text
    }
}

/// Two pixels in one character.
fn half_blocks([upper, lower]: [Option<Rgb<u8>>; 2]) -> String {
    let code = |layer: u8, Rgb([red, green, blue]): Rgb<u8>| {
        format!("\x1b[{layer};2;{red};{green};{blue}m")
    };
    match (upper, lower) {
        (Some(upper), Some(lower)) => format!("{}{}▀", code(38, upper), code(48, lower)),
        (Some(upper), None) => format!("\x1b[49m{}▀", code(38, upper)),
        (None, Some(lower)) => format!("\x1b[49m{}▄", code(38, lower)),
        (None, None) => "\x1b[49m ".to_owned(),
    }
}

fn shade(range: Range, value: f32) -> char {
    let extent = range.high - range.low;
    let share = match range.map {
        ColourMap::Signed if extent <= 0.0 => 0.5,
        _ if extent <= 0.0 => 0.0,
        _ => ((value - range.low) / extent).clamp(0.0, 1.0),
    };
    let shades: &[char] = match range.map {
        ColourMap::Signed => &SIGNED_SHADES,
        // On its ground of blanks the least important must not look absent.
        ColourMap::Occlusion(_) => &SHADES[1..],
        _ => &SHADES,
    };
    shades[(share * (shades.len() - 1) as f32).round() as usize]
}

/// The colours or shades from low to high.
fn key(style: Style, map: ColourMap) -> String {
    let range = Range {
        low: 0.0,
        high: 1.0,
        map,
    };
    let place = |cell: usize| cell as f32 / (KEY_CELLS - 1) as f32;
    if style.colour {
        let pair = |cell: usize| half_blocks([Some(map.at(place(cell))); 2]);
        (0..KEY_CELLS).map(pair).collect::<String>() + "\x1b[0m"
    } else {
        let shades: String = (0..KEY_CELLS)
            .map(|cell| shade(range, place(cell)))
            .collect();
        format!("[{shades}]")
    }
}

/// Tiles of one size side by side, as many to a row as fit.
fn grid(out: &mut dyn Write, style: Style, tiles: &[Tile]) -> io::Result<()> {
    let Some(first) = tiles.first() else {
        return Ok(());
    };
    let width = first.width.max(1);
    if width > style.width {
        let note = format!(
            "{width} values wide; the terminal has {} characters",
            style.width
        );
        return writeln!(out, "{}", style.dim(&note));
    }
    let lines = first.values.len().div_ceil(width).div_ceil(2);
    let across = ((style.width + 1) / (width + 1)).max(1);
    for row in tiles.chunks(across) {
        for line in 0..lines {
            let cells: Vec<String> = row.iter().map(|tile| tile.line(style, line)).collect();
            let text = cells.join(" ");
            writeln!(
                out,
                "{}",
                if style.colour { &text } else { text.trim_end() }
            )?;
        }
        if lines > 1 && row.len() == across && tiles.len() > across {
            writeln!(out)?;
        }
    }
    Ok(())
}

fn vector(
    out: &mut dyn Write,
    style: Style,
    maps: &ActivationMaps,
    range: Range,
) -> io::Result<()> {
    if maps.channels <= MOST_NUMBERS {
        let mut line = String::new();
        for (index, &value) in maps.values.iter().enumerate() {
            let cell = format!("{index}: {}", style.text(&significant(value)));
            if !line.is_empty() && line.chars().count() + 3 + cell.len() > style.width {
                writeln!(out, "{line}")?;
                line.clear();
            }
            if !line.is_empty() {
                line.push_str("   ");
            }
            line.push_str(&cell);
        }
        return writeln!(out, "{line}");
    }
    // Two rows of values to a line of characters.
    let width = maps.channels.div_ceil(2).min(style.width);
    for values in maps.values.chunks(2 * width) {
        let tile = Tile {
            values: values.iter().copied().map(Some).collect(),
            width,
            range,
        };
        let line = tile.line(style, 0);
        writeln!(
            out,
            "{}",
            if style.colour { &line } else { line.trim_end() }
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(values: &[f32]) -> Tile {
        Tile {
            values: values.iter().copied().map(Some).collect(),
            width: 2,
            range: Range::activation(values),
        }
    }

    #[test]
    fn a_character_holds_two_values_above_each_other() {
        let style = Style {
            colour: true,
            unicode: true,
            width: 80,
        };
        let line = tile(&[0.0, 1.0, 2.0, 4.0]).line(style, 0);
        let colour = |layer: u8, share: f32| {
            let Rgb([red, green, blue]) = ColourMap::Activation.at(share);
            format!("\x1b[{layer};2;{red};{green};{blue}m")
        };
        let expected = [
            colour(38, 0.0),
            colour(48, 0.5),
            "▀".to_owned(),
            colour(38, 0.25),
            colour(48, 1.0),
            "▀\x1b[0m".to_owned(),
        ];
        assert_eq!(line, expected.concat());
    }

    #[test]
    fn shades_tell_the_signs_apart() {
        let range = Range::activation(&[-1.0, 1.0]);
        assert_eq!(shade(range, 0.0), ' ');
        assert_eq!(shade(range, -1.0), 'M');
        assert_eq!(shade(range, 1.0), '#');
        let silent = Range::activation(&[0.0]);
        assert_eq!(shade(silent, 0.0), ' ');
    }

    #[test]
    fn the_last_odd_row_is_not_lost() {
        let style = Style {
            colour: false,
            unicode: false,
            width: 80,
        };
        let tile = tile(&[0.0, 0.0, 0.0, 0.0, 4.0, 4.0]);
        assert_eq!(tile.line(style, 1), "@@");
    }
}
