//! The router, asked in process.

use super::command::Choice;
use super::{Guard, LiveServer, Menu, app};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cortexscope_net::input::MnistSet;
use cortexscope_rig::session::Mode;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tower::ServiceExt;

const PORT: u16 = 4180;

/// The page of a board that does not open: the page is served all the same.
fn page() -> Router {
    let digits = MnistSet::test_digits().unwrap().clone();
    let choice = Choice {
        board: "none".to_owned(),
        model: "none".to_owned(),
        engine: "static".to_owned(),
    };
    let (server, _) = LiveServer::start(
        Menu::default(),
        choice,
        Mode::Fused,
        digits,
        Box::new(|_, _| Err("there is no board".into())),
    );
    app(server, Guard::new(PORT))
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
    paths.extend(
        [
            "/colours.json",
            "/panels.json",
            "/font-regular.ttf",
            "/font-semibold.ttf",
        ]
        .map(str::to_owned),
    );
    assert!(paths.len() >= 7, "{paths:?}");
    for path in paths {
        assert_eq!(ask(&page, &path, &host).await.0, StatusCode::OK, "{path}");
    }
}

/// The page's modules by their paths, and the paths that each imports.
fn imports() -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/live");
    let sources = folder.join("source");
    let modules = [&folder, &sources]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"));
    let imports = modules.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        // Of `import … from './a.js'` and `import('./a.js')` what is between the quotes.
        let named = text.split(['\'', '"', '`']).filter(|part| {
            (part.starts_with("./") || part.starts_with("../")) && part.ends_with(".js")
        });
        let folder = path.parent().unwrap().to_owned();
        let imported = named
            .map(|name| folder.join(name).canonicalize())
            .collect::<Result<Vec<_>, _>>()
            .unwrap_or_else(|error| panic!("{path:?} imports a file that is not there: {error}"));
        (path.canonicalize().unwrap(), imported)
    });
    imports.collect()
}

/// A cycle in the imports, if there is one.
fn cycle(imports: &BTreeMap<PathBuf, Vec<PathBuf>>) -> Option<Vec<PathBuf>> {
    fn visit(
        module: &Path,
        imports: &BTreeMap<PathBuf, Vec<PathBuf>>,
        way: &mut Vec<PathBuf>,
        done: &mut BTreeSet<PathBuf>,
    ) -> bool {
        if done.contains(module) {
            return false;
        }
        let is_cycle = way.iter().any(|before| before == module);
        way.push(module.to_owned());
        let next = imports.get(module).into_iter().flatten();
        if is_cycle || next.clone().any(|module| visit(module, imports, way, done)) {
            return true;
        }
        way.pop();
        done.insert(module.to_owned());
        false
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| {
        let mut way = Vec::new();
        visit(module, imports, &mut way, &mut done).then_some(way)
    })
}

#[test]
fn modules_import_each_other_without_cycles() {
    let imports = imports();
    let count: usize = imports.values().map(Vec::len).sum();
    assert!(imports.len() > 30 && count > 60, "{count}");
    assert_eq!(cycle(&imports), None);
    // The check finds a cycle where there is one.
    let mut circular = imports.clone();
    let leaf = imports.iter().find(|(_, imported)| imported.is_empty());
    let (leaf, _) = leaf.expect("a module that imports none");
    let user = imports.iter().find(|(_, imported)| imported.contains(leaf));
    let (user, _) = user.expect("a module that imports it");
    circular.insert(leaf.clone(), vec![user.clone()]);
    assert!(cycle(&circular).is_some());
}

#[test]
fn modules_load_nothing_from_other_sites() {
    for path in imports().keys() {
        // SVG's name is an address, and nothing is loaded from it.
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("http://www.w3.org/2000/svg", "");
        let is_foreign = text.contains("http://") || text.contains("https://");
        assert!(!is_foreign, "{path:?}");
    }
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
