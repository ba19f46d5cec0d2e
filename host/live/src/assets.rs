//! The page's files, which are in the program: it serves the page wherever it runs.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use cortexscope_draw::{ColourMap, FONT_REGULAR, FONT_SEMIBOLD, Palette, Theme};
use include_dir::{Dir, include_dir};
use serde_json::json;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/live");

/// The file at a path of the page.
pub async fn file(uri: Uri) -> Response {
    let path = match uri.path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    match FILES.get_file(path) {
        Some(file) => answer(kind(path), file.contents()),
        None => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
    }
}

/// The roles' colours, light and dark, as the report has them.
pub async fn theme() -> Response {
    let properties = |theme: Theme| theme.css_properties();
    let (light, dark) = (properties(Theme::Light), properties(Theme::Dark));
    let css = format!(
        ":root{{color-scheme:light;{light}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n\
         :root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    );
    answer("text/css; charset=utf-8", css)
}

/// The colour maps: 256 colours each, red, green and blue.
pub async fn colours() -> Response {
    let table = |map: ColourMap| -> Vec<u8> {
        let steps = (0..=255).map(|step| step as f32 / 255.0);
        steps.flat_map(|value| map.at(value).0).collect()
    };
    let colours = json!({
        "activation": table(ColourMap::Activation),
        "signed": table(ColourMap::Signed),
        "grey": table(ColourMap::Grey),
        "lecture": table(ColourMap::Occlusion(Palette::Lecture)),
        "safe": table(ColourMap::Occlusion(Palette::ColourBlindSafe)),
    });
    answer("application/json", colours.to_string())
}

/// The font in the weight that the path names.
pub async fn font(uri: Uri) -> Response {
    let font = if uri.path().contains("semibold") {
        FONT_SEMIBOLD
    } else {
        FONT_REGULAR
    };
    answer("font/ttf", font)
}

fn answer(kind: &'static str, bytes: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, kind)], bytes.into()).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
