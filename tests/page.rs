//! The page of a history, as text and in a real browser where one is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn raftlab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const HEAD: &str = "{\"type\":\"history\",\"version\":1,\"model\":\"versioned\"}\n";

/// b reads what a has overwritten before. Names and values try to become markup.
fn stale() -> String {
    let client = r#"</script><script>document.title=1</script>"#;
    let value = r#"<img src=x onerror=document.title=2>&\u2028"#;
    let lines = [
        format!(
            r#"{{"type":"call","client":"a","f":"put","key":"x","value":"{value}","version":0,"at_us":1000}}"#
        ),
        r#"{"type":"fault","what":"<b>crash S1","at_us":1500}"#.to_owned(),
        r#"{"type":"return","client":"a","outcome":"ok","version":1,"at_us":2000}"#.to_owned(),
        r#"{"type":"call","client":"a","f":"put","key":"x","value":"2","version":1,"at_us":3000}"#
            .to_owned(),
        r#"{"type":"return","client":"a","outcome":"ok","version":2,"at_us":4000}"#.to_owned(),
        format!(r#"{{"type":"call","client":"{client}","f":"get","key":"x","at_us":5000}}"#),
        format!(
            r#"{{"type":"return","client":"{client}","outcome":"ok","value":"{value}","version":1,"at_us":6000}}"#
        ),
    ];
    format!("{HEAD}{}\n", lines.join("\n"))
}

/// The page of a history, and the folder that it is in.
fn page(history: &str, status: i32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("<h>.jsonl"), folder.path().join("page.html"));
    std::fs::write(&from, history).unwrap();
    let output = raftlab(&["check", from.to_str().unwrap(), "--html", to.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(status), "{}", err(&output));
    (folder, to)
}

#[test]
fn a_page_stands_alone_and_lets_no_text_become_markup() {
    let (_folder, path) = page(&stale(), 1);
    let text = std::fs::read_to_string(path).unwrap();
    for bad in [
        "<script>document",
        "<img",
        "<b>crash",
        "<h>.jsonl",
        "\u{2028}",
        "https:",
        "<link",
        "import(",
        "fetch(",
    ] {
        let found = text.find(bad).map(|at| &text[at..(at + 60).min(text.len())]);
        // The browser's own name of SVG is no address that anything is got from.
        assert!(found.is_none(), "{bad}: {found:?}");
    }
    assert_eq!(text.matches("</script>").count(), 2);
    assert_eq!(text.replace("http://www.w3.org/2000/svg", "").find("http:"), None);
    assert!(!text.contains("{{"), "every place of the page has been filled");
}

#[test]
fn a_run_has_its_page_too_with_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let script = format!("{}/scripts/handout/persist_partition.lab", env!("CARGO_MANIFEST_DIR"));
    let output = raftlab(&["run", &script, "--html", path.to_str().unwrap()]);
    assert!(output.status.success(), "{}", err(&output));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("persist_partition.lab, seed ") && text.contains("\"what\":\"crash "));
}

#[test]
fn what_can_have_no_page_leaves_none_behind() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut many = HEAD.to_owned();
    for client in 0..10_001 {
        many.push_str(&format!(
            "{{\"type\":\"call\",\"client\":\"{client}\",\"f\":\"get\",\"key\":\"x\"}}\n"
        ));
    }
    std::fs::write(at("many"), many).unwrap();
    std::fs::write(at("good"), stale()).unwrap();
    for (arguments, why) in [
        (vec![at("many"), "--html".into(), at("page")], "10001 operations are too many for a page"),
        (vec![at("good"), at("good"), "--html".into(), at("page")], "one history: name one file"),
        (vec![at("good"), "--html".into(), at("none/page")], "can't write"),
        (vec![at("good"), "--html".into(), at("")], "it is a folder"),
    ] {
        let arguments: Vec<&str> =
            std::iter::once("check").chain(arguments.iter().map(String::as_str)).collect();
        let output = raftlab(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(why), "{}", err(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// A browser that can be driven without a screen.
fn browser() -> Option<PathBuf> {
    const NAMES: [&str; 5] =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let places = folders.iter().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    places.into_iter().find(|path| path.is_file())
}

/// Opens a page, lets `clicks` happen in it, and gives back what the document has become.
fn opened(browser: &Path, path: &Path, clicks: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let (page, out) = (path.with_extension("test.html"), path.with_extension("dom"));
    let script = format!(
        "<script>const click = (what) => \
         document.querySelector(what).dispatchEvent(new MouseEvent('click', {{bubbles: true}}));\
         {clicks}</script></body>"
    );
    std::fs::write(&page, text.replace("</body>", &script)).unwrap();
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,800"])
        .arg(format!("--user-data-dir={}", path.with_extension("profile").display()))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(120);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{} does not come to an end", browser.display());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::read_to_string(out).unwrap()
}

/// What stands in the panel at the bottom.
fn details(dom: &str) -> &str {
    let start = dom.find("<footer").expect("a panel");
    let end = dom[start..].find("</footer>").expect("its end");
    &dom[start..start + end]
}

#[test]
fn a_browser_shows_the_page_and_a_click_the_order() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no chromium or chrome is installed");
        return;
    };
    let (_folder, path) = page(&stale(), 1);
    let dom = opened(&browser, &path, "");
    assert_eq!(dom.matches("data-op=").count(), 3, "a bar an operation: {dom}");
    assert!(dom.contains("! not linearizable"), "{dom}");
    assert!(dom.contains("&lt;b&gt;crash S1"), "the fault has a line of its own");
    assert!(!dom.contains("<img") && !dom.contains("<title>1") && !dom.contains("<title>2"));
    assert!(details(&dom).contains("This answer fits nowhere"), "{}", details(&dom));

    let dom = opened(&browser, &path, "click('[data-op=\"1\"]'); click('#by-time');");
    let panel = details(&dom);
    assert!(panel.contains("a: put x=2 @1 -&gt; ok @2"), "{panel}");
    assert!(panel.contains("Number 2 of 2 in the longest partial order with it"), "{panel}");
    assert!(panel.contains("then the key holds 2 @2."), "{panel}");
    assert_eq!(dom.matches("<circle").count(), 2, "the order is drawn: {dom}");
    assert!(dom.contains("0.006 s"), "the axis shows times");

    let right = stale().replace("\"version\":1,\"at_us\":6000", "\"version\":2,\"at_us\":6000");
    let right = right.replace(
        r#""outcome":"ok","value":"<img src=x onerror=document.title=2>&\u2028""#,
        r#""outcome":"ok","value":"2""#,
    );
    let (_folder, path) = page(&right, 0);
    let dom = opened(&browser, &path, "click('[data-op=\"2\"]');");
    assert!(dom.contains("✓ linearizable"), "{dom}");
    assert!(details(&dom).contains("Number 3 of 3 in an order that explains all answers"));
}
