//! The router, asked in process.

use super::command::{Choice, PlanName};
use super::{Guard, Menu, Station, app};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cortexscope_net::input::MnistSet;
use std::path::Path;
use tower::ServiceExt;

const PORT: u16 = 4180;

/// The page of a board that cannot be had: the page is served all the same.
fn page() -> Router {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/mnist");
    let digits = MnistSet::open(
        &folder.join("t10k-images-idx3-ubyte.gz"),
        &folder.join("t10k-labels-idx1-ubyte.gz"),
    )
    .unwrap();
    let choice = Choice {
        board: "none".to_owned(),
        model: "none".to_owned(),
        engine: "static".to_owned(),
    };
    let (station, _) = Station::start(
        Menu::default(),
        choice,
        PlanName::Fused,
        digits,
        Box::new(|_, _| Err("there is no board".into())),
    );
    app(station, Guard::new(PORT))
}

async fn ask(page: &Router, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = page.clone().oneshot(request).await.unwrap();
    let status = response.status();
    assert!(response.headers().contains_key("content-security-policy"));
    let body = axum::body::to_bytes(response.into_body(), 1 << 24).await;
    (status, String::from_utf8_lossy(&body.unwrap()).into_owned())
}

#[tokio::test]
async fn the_page_and_all_that_it_names_are_there() {
    let page = page();
    let host = [("host", "127.0.0.1:4180")];
    let (status, html) = ask(&page, "/", &host).await;
    assert_eq!(status, StatusCode::OK);
    let named = html.split('"').filter(|text| {
        [".css", ".js", ".svg"]
            .iter()
            .any(|ending| text.ends_with(ending))
    });
    let mut paths: Vec<String> = named.map(|name| format!("/{name}")).collect();
    paths.extend(["/colours.json", "/font-regular.ttf", "/font-semibold.ttf"].map(str::to_owned));
    assert!(paths.len() >= 7, "{paths:?}");
    for path in paths {
        assert_eq!(ask(&page, &path, &host).await.0, StatusCode::OK, "{path}");
    }
}

#[test]
fn modules_import_what_there_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/live");
    let mut checked = 0;
    for path in [&folder, &folder.join("source")]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"))
    {
        let text = std::fs::read_to_string(&path).unwrap();
        for import in text
            .lines()
            .filter_map(|line| line.split(" from './").nth(1))
        {
            let name = import.trim_end_matches(['\'', ';']);
            assert!(
                path.with_file_name("").join(name).is_file(),
                "{path:?}: {name}"
            );
            checked += 1;
        }
        // SVG's name is an address, and nothing is loaded from it.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path:?}"
        );
    }
    assert!(checked > 20, "{checked}");
}

#[tokio::test]
async fn strangers_are_refused() {
    let page = page();
    let cases: [&[(&str, &str)]; 3] = [
        &[],
        &[("host", "evil.example:4180")],
        &[
            ("host", "127.0.0.1:4180"),
            ("origin", "http://evil.example"),
        ],
    ];
    for headers in cases {
        for path in ["/", "/socket", "/colours.json"] {
            assert_eq!(
                ask(&page, path, headers).await.0,
                StatusCode::FORBIDDEN,
                "{path}"
            );
        }
    }
    let own = [("host", "127.0.0.1:4180")];
    assert_eq!(ask(&page, "/socket", &own).await.0, StatusCode::FORBIDDEN);
    for path in ["/nothing", "/..%2fCargo.toml", "/source"] {
        assert_eq!(
            ask(&page, path, &own).await.0,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
