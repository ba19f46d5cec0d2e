//! The page's colours: which role has which colour on light and on dark.

use image::Rgb;

/// The ground a picture stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark marks on white.
    Light,
    /// Light marks on near-black.
    Dark,
}

/// What a mark of the page is for; the theme gives it its colour.
///
/// Data colours (activations, probabilities) are not roles: they are the same
/// on both grounds and come from a [`ColourMap`](super::ColourMap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The ground.
    Background,
    /// Titles, values and names.
    Ink,
    /// Units, captions and ticks.
    Dim,
    /// Hairlines and the empty part of a bar.
    Line,
    /// What is selected or first.
    Accent,
    /// Limits and warnings.
    Warm,
    /// Flash: weights.
    Weights,
    /// Flash: code.
    Code,
    /// Flash: constant tables.
    Tables,
    /// RAM: the activation arena, and outlines of its buffers.
    Arena,
    /// RAM: the stack.
    Stack,
    /// RAM: statics.
    Static,
    /// A tensor in the arena, as a ground for text.
    TensorFill,
    /// Scratch in the arena, as a ground for text.
    ScratchFill,
}

impl Role {
    /// Every role, in the order of the list of CSS properties.
    pub const ALL: [Role; 14] = [
        Role::Background,
        Role::Ink,
        Role::Dim,
        Role::Line,
        Role::Accent,
        Role::Warm,
        Role::Weights,
        Role::Code,
        Role::Tables,
        Role::Arena,
        Role::Stack,
        Role::Static,
        Role::TensorFill,
        Role::ScratchFill,
    ];

    /// The role's CSS custom property, `--ink` and so on.
    pub fn css_property(self) -> &'static str {
        match self {
            Role::Background => "--background",
            Role::Ink => "--ink",
            Role::Dim => "--dim",
            Role::Line => "--line",
            Role::Accent => "--accent",
            Role::Warm => "--warm",
            Role::Weights => "--weights",
            Role::Code => "--code",
            Role::Tables => "--tables",
            Role::Arena => "--arena",
            Role::Stack => "--stack",
            Role::Static => "--static",
            Role::TensorFill => "--tensor-fill",
            Role::ScratchFill => "--scratch-fill",
        }
    }
}

impl Theme {
    /// The colour of a role on this ground.
    pub fn colour(self, role: Role) -> Rgb<u8> {
        let (light, dark) = match role {
            Role::Background => (0xffffff, 0x16191e),
            Role::Ink => (0x15181c, 0xe8eaed),
            Role::Dim => (0x5d6570, 0x98a0ab),
            Role::Line => (0xdde1e7, 0x2e343d),
            Role::Accent => (0x0077b6, 0x4cc2ff),
            Role::Warm => (0xb35c00, 0xffb454),
            Role::Weights => (0x3d63c8, 0x7aa2f7),
            Role::Code => (0x93a7de, 0x4d639a),
            Role::Tables => (0xc5d0ee, 0x35425f),
            Role::Arena => (0x0077b6, 0x4cc2ff),
            Role::Stack => (0xb35c00, 0xffb454),
            Role::Static => (0x6750c8, 0x9d8cff),
            Role::TensorFill => (0xa6d0e8, 0x26536d),
            Role::ScratchFill => (0xe4f1f8, 0x1d3140),
        };
        let rgb: u32 = match self {
            Theme::Light => light,
            Theme::Dark => dark,
        };
        let [_, red, green, blue] = rgb.to_be_bytes();
        Rgb([red, green, blue])
    }

    /// The theme as CSS declarations, one custom property for each role.
    pub fn css_properties(self) -> String {
        Role::ALL
            .iter()
            .map(|&role| {
                let Rgb([red, green, blue]) = self.colour(role);
                format!("{}:#{red:02x}{green:02x}{blue:02x};", role.css_property())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast ratio of WCAG 2.2, 1 to 21.
    fn contrast(a: Rgb<u8>, b: Rgb<u8>) -> f64 {
        let luminance = |Rgb(channels): Rgb<u8>| {
            let [red, green, blue] = channels.map(|channel| {
                let value = f64::from(channel) / 255.0;
                if value <= 0.04045 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn text_reaches_contrast_aa_on_every_ground_it_stands_on() {
        for theme in [Theme::Light, Theme::Dark] {
            let ground = theme.colour(Role::Background);
            for role in [Role::Ink, Role::Dim, Role::Accent, Role::Warm] {
                let ratio = contrast(theme.colour(role), ground);
                assert!(ratio >= 4.5, "{role:?} on {theme:?}: {ratio:.2}");
            }
            for fill in [Role::TensorFill, Role::ScratchFill] {
                let ratio = contrast(theme.colour(Role::Ink), theme.colour(fill));
                assert!(ratio >= 4.5, "ink on {fill:?}, {theme:?}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn every_role_has_its_own_property() {
        let css = Theme::Dark.css_properties();
        for role in Role::ALL {
            let declaration = format!("{}:#", role.css_property());
            assert_eq!(css.matches(&declaration).count(), 1, "{declaration}");
        }
    }
}
