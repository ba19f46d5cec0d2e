//! A headless Chromium, driven over the DevTools protocol.
//!
//! The protocol is JSON over a WebSocket; the few commands that the tests need
//! are spelled out here, so that no generated binding of all of it is compiled.

use anyhow::{Context, anyhow, bail, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// The longest wait for an answer of the browser, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the browser's programs are called.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A running browser with one page.
pub struct Browser {
    child: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: String,
    next: u64,
    /// Errors that the page wrote to its console, and exceptions nobody caught.
    pub errors: Vec<String>,
    _profile: TempDir,
}

/// A browser whose user has seen the live page's tour.
const TOUR_WAS_SEEN: &str =
    "try { localStorage.setItem('cortexscope-tour', 'done') } catch { /* no page yet */ }";

impl Browser {
    /// Starts a browser, with more `flags`, whose camera shows `video`, a y4m file,
    /// and opens `url`. Its user has seen the live page's tour.
    ///
    /// # Errors
    /// There is no browser, or it does not start.
    pub fn open(url: &str, video: Option<&Path>, flags: &[&str]) -> anyhow::Result<Self> {
        let mut browser = Self::start(video, flags)?;
        browser.command(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": TOUR_WAS_SEEN }),
        )?;
        browser.go(url)?;
        Ok(browser)
    }

    /// Starts a browser whose user was never at `url`, and opens it.
    ///
    /// # Errors
    /// There is no browser, or it does not start.
    pub fn open_first(url: &str) -> anyhow::Result<Self> {
        let mut browser = Self::start(None, &[])?;
        browser.go(url)?;
        Ok(browser)
    }

    fn start(video: Option<&Path>, flags: &[&str]) -> anyhow::Result<Self> {
        let profile = tempfile::tempdir()?;
        let mut command = Command::new(program()?);
        command
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--remote-debugging-port=0",
                "--use-fake-ui-for-media-stream",
            ])
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // Where it also leaves its sockets: a browser that is stopped removes nothing.
            .env("TMPDIR", profile.path())
            .stderr(Stdio::piped());
        if let Some(video) = video {
            command
                .arg("--use-fake-device-for-media-stream")
                .arg(format!(
                    "--use-file-for-fake-video-capture={}",
                    video.display()
                ));
        }
        let mut child = command.arg("about:blank").spawn()?;
        let address = address_of(&mut child)?;
        let (socket, _) = tungstenite::connect(address.as_str())?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE))?;
        }
        let mut browser = Self {
            child,
            socket,
            session: String::new(),
            next: 1,
            errors: Vec::new(),
            _profile: profile,
        };
        let page = browser.command("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attached = browser.command(
            "Target.attachToTarget",
            json!({ "targetId": page["targetId"], "flatten": true }),
        )?;
        browser.session = text(&attached, "sessionId")?;
        for domain in ["Page", "Runtime", "Log", "DOM"] {
            browser.command(&format!("{domain}.enable"), json!({}))?;
        }
        browser.size(1440, 900)?;
        Ok(browser)
    }

    /// Opens another address.
    ///
    /// # Errors
    /// The page does not load.
    pub fn go(&mut self, url: &str) -> anyhow::Result<()> {
        let answer = self.command("Page.navigate", json!({ "url": url }))?;
        if let Some(error) = answer.get("errorText") {
            bail!("{url}: {error}");
        }
        self.wait("document.readyState === 'complete'")
    }

    /// The size of the window, in CSS pixels.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn size(&mut self, width: u32, height: u32) -> anyhow::Result<()> {
        self.command(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )?;
        Ok(())
    }

    /// Whether the page is to be dark.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn dark(&mut self, is_dark: bool) -> anyhow::Result<()> {
        let value = if is_dark { "dark" } else { "light" };
        let feature = json!({ "name": "prefers-color-scheme", "value": value });
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )?;
        Ok(())
    }

    /// The value of a JavaScript expression, awaited where it is a promise.
    ///
    /// # Errors
    /// The expression throws.
    pub fn value(&mut self, expression: &str) -> anyhow::Result<Value> {
        let answer = self.command(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        )?;
        if let Some(exception) = answer.get("exceptionDetails") {
            bail!("{expression}: {exception}");
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until a JavaScript expression is true.
    ///
    /// # Errors
    /// It is not true in time.
    pub fn wait(&mut self, expression: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.value(&format!("Boolean({expression})"))? != true {
            if Instant::now() > deadline {
                let notice = self.value("document.body.innerText.slice(0, 600)")?;
                bail!("never true: {expression}; the page says {notice}");
            }
            thread::sleep(Duration::from_millis(30));
        }
        Ok(())
    }

    /// Clicks into the middle of the element.
    ///
    /// # Errors
    /// There is none, or it is not to be seen.
    pub fn click(&mut self, selector: &str) -> anyhow::Result<()> {
        let [x, y] = self.point(selector, 0.5, 0.5)?;
        for kind in ["mousePressed", "mouseReleased"] {
            self.mouse(kind, x, y)?;
        }
        Ok(())
    }

    /// Draws a line through points, in parts of the element's width and height.
    ///
    /// # Errors
    /// There is no such element.
    pub fn draw(&mut self, selector: &str, points: &[[f64; 2]]) -> anyhow::Result<()> {
        for (index, &[x, y]) in points.iter().enumerate() {
            let [x, y] = self.point(selector, x, y)?;
            let kind = if index == 0 {
                "mousePressed"
            } else {
                "mouseMoved"
            };
            self.mouse(kind, x, y)?;
            if index + 1 == points.len() {
                self.mouse("mouseReleased", x, y)?;
            }
        }
        Ok(())
    }

    /// Moves the pointer over the element.
    ///
    /// # Errors
    /// There is no such element.
    pub fn hover(&mut self, selector: &str, x: f64, y: f64) -> anyhow::Result<()> {
        let [x, y] = self.point(selector, x, y)?;
        self.mouse("mouseMoved", x, y)
    }

    /// Presses a key, as a keyboard does: the browser's own keys work too.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn key(&mut self, key: &str) -> anyhow::Result<()> {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            letter if letter.chars().count() == 1 => (0, letter),
            _ => (0, ""),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            self.command(
                "Input.dispatchKeyEvent",
                json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code }),
            )?;
        }
        Ok(())
    }

    /// Chooses a file in an `<input type=file>`.
    ///
    /// # Errors
    /// There is no such element.
    pub fn choose_file(&mut self, selector: &str, path: &Path) -> anyhow::Result<()> {
        let document = self.command("DOM.getDocument", json!({}))?;
        let node = self.command(
            "DOM.querySelector",
            json!({ "nodeId": document["root"]["nodeId"], "selector": selector }),
        )?;
        self.command(
            "DOM.setFileInputFiles",
            json!({ "nodeId": node["nodeId"], "files": [path] }),
        )?;
        Ok(())
    }

    /// Where the page's downloads go.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn downloads(&mut self, folder: &Path) -> anyhow::Result<()> {
        self.command(
            "Browser.setDownloadBehavior",
            json!({ "behavior": "allow", "downloadPath": folder }),
        )?;
        Ok(())
    }

    /// What is to be seen, as a PNG.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn screenshot(&mut self) -> anyhow::Result<Vec<u8>> {
        use base64::Engine;
        let answer = self.command("Page.captureScreenshot", json!({ "format": "png" }))?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text(&answer, "data")?)?)
    }

    /// The element alone, two pixels for one, as a PNG.
    ///
    /// # Errors
    /// There is no such element.
    pub fn screenshot_of(&mut self, selector: &str) -> anyhow::Result<Vec<u8>> {
        use base64::Engine;
        let quoted = json!(selector);
        let mut clip = self.value(&format!(
            "(() => {{ const {{ x, y, width, height }} = document.querySelector({quoted}).getBoundingClientRect(); \
             return {{ x, y, width, height }} }})()"
        ))?;
        clip["scale"] = json!(2);
        let answer = self.command(
            "Page.captureScreenshot",
            json!({ "format": "png", "clip": clip }),
        )?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text(&answer, "data")?)?)
    }

    /// Fails where the page wrote an error to its console.
    ///
    /// # Errors
    /// What it wrote.
    pub fn check_console(&mut self) -> anyhow::Result<()> {
        self.value("0")?;
        ensure!(self.errors.is_empty(), "console: {:#?}", self.errors);
        Ok(())
    }

    fn point(&mut self, selector: &str, x: f64, y: f64) -> anyhow::Result<[f64; 2]> {
        let quoted = json!(selector);
        let expression = format!(
            "(() => {{ const box = document.querySelector({quoted}).getBoundingClientRect(); \
             return box.width * box.height > 0 && [box.left + {x} * box.width, box.top + {y} * box.height] }})()"
        );
        let value = self.value(&expression)?;
        match (value[0].as_f64(), value[1].as_f64()) {
            (Some(x), Some(y)) => Ok([x, y]),
            _ => bail!("{selector} is not to be seen"),
        }
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64) -> anyhow::Result<()> {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        self.command(
            "Input.dispatchMouseEvent",
            json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": 1, "clickCount": 1 }),
        )?;
        Ok(())
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// The browser refuses it or does not answer.
    pub fn command(&mut self, method: &str, parameters: Value) -> anyhow::Result<Value> {
        let id = self.next;
        self.next += 1;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.socket.send(Message::text(message.to_string()))?;
        loop {
            let Message::Text(answer) = self.socket.read().context(method.to_owned())? else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(&answer)?;
            if answer["id"] == id {
                if let Some(error) = answer.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(answer["result"].take());
            }
            self.note(&answer);
        }
    }

    /// Keeps what the page's console got as an error.
    fn note(&mut self, event: &Value) {
        let parameters = &event["params"];
        let error = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => parameters["exceptionDetails"].to_string(),
            Some("Runtime.consoleAPICalled") if parameters["type"] == "error" => {
                parameters["args"].to_string()
            }
            Some("Log.entryAdded") if parameters["entry"]["level"] == "error" => {
                parameters["entry"].to_string()
            }
            _ => return,
        };
        self.errors.push(error);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // What is left of it is in its own folder, which goes as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let value = answer[name].as_str();
    Ok(value
        .with_context(|| format!("no {name} in {answer}"))?
        .to_owned())
}

/// The system's browser, or the one that `cargo xtask setup` unpacked.
fn program() -> anyhow::Result<PathBuf> {
    let is_there = |program: &PathBuf| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/chromium/chromium");
    let programs = PROGRAMS.map(PathBuf::from).into_iter().chain([unpacked]);
    programs
        .into_iter()
        .find(is_there)
        .ok_or_else(|| anyhow!("no Chromium: `cargo xtask setup` sets it up"))
}

/// The address that the browser announces on stderr, whose rest is thrown away.
fn address_of(child: &mut Child) -> anyhow::Result<String> {
    let stderr = child.stderr.take().context("stderr is piped")?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Nobody listens once the address is known.
            let _ = sender.send(line);
        }
    });
    let mut said = Vec::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        if let Some(address) = line.strip_prefix("DevTools listening on ") {
            return Ok(address.to_owned());
        }
        said.push(line);
    }
    bail!("the browser does not start: {}", said.join("\n"))
}
