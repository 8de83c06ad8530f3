//! What `raftlab accept` says, as a page for a browser: one file that needs no network and runs no script.
//!
//! All text that is not the page's own is spelled as text: nothing that a guest says or is called can
//! become markup.

use std::fmt::Write as _;

use super::report::{failure, hunted, likeness, lines, played, standing, title, unplayed, word};
use super::{Breach, Report, Rule, Scene, Verdict};
use crate::app::shell::stream::markup;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The page.
pub fn page(report: &Report) -> String {
    let mut body = String::new();
    head(report, &mut body);
    rules(report, &mut body);
    failures(report, &mut body);
    scripts(report, &mut body);
    let name = report.module.rsplit(['/', '\\']).next().unwrap_or_default();
    let page = PAGE.replace("{{STYLE}}", STYLE);
    let page = page.replace("{{TITLE}}", &markup(&format!("{name}: {}", report.verdict)));
    // The largest text goes in last, and nothing is looked for in it.
    let (before, after) = page.split_once("{{BODY}}").unwrap_or((&page, ""));
    format!("{before}{body}{after}")
}

fn head(report: &Report, body: &mut String) {
    let Report { module, hash, verdict, .. } = report;
    let (module, hash, played) = (markup(module), markup(hash), markup(&played(report)));
    let hunted = markup(&hunted(report.hunt));
    let _ = write!(
        body,
        "<header>\n<h1 class=\"{verdict}\">{verdict}</h1>\n\
         <p><code>{module}</code> ({hash})</p>\n<p>{played}</p>\n<p>{hunted}</p>\n"
    );
    if let Some(why) = unplayed(report) {
        let _ = writeln!(body, "<p class=\"undecided\">{}</p>", markup(&why));
    }
    body.push_str("</header>\n");
}

fn rules(report: &Report, body: &mut String) {
    body.push_str("<h2>Rules</h2>\n");
    for rule in &report.rules {
        let Rule { rule: name, says, verdict, broken, .. } = rule;
        let _ = writeln!(
            body,
            "<section class=\"{verdict}\">\n<h3><b>{verdict}</b> {name}</h3>\n<p>{}</p>",
            markup(says)
        );
        match broken {
            None => {
                let _ = writeln!(body, "<p class=\"dim\">{}</p>", markup(&standing(rule)));
            }
            Some(breach) => show(breach, body),
        }
        body.push_str("</section>\n");
    }
}

fn show(breach: &Breach, body: &mut String) {
    let Breach { by, evidence, like, commands, script } = breach;
    let (evidence, by) = (markup(evidence), markup(by));
    let _ = writeln!(body, "<p>{evidence} <span class=\"dim\">({by})</span></p>");
    if let Some(like) = like {
        let _ = writeln!(body, "<p>{}</p>", markup(&likeness(like)));
    }
    let text: Vec<String> = lines(script).map(markup).collect();
    let (title, text) = (markup(&title(*commands)), text.join("\n"));
    let _ = writeln!(body, "<details open><summary>{title}</summary>\n<pre>{text}</pre></details>");
}

/// What went wrong beside the rules: tests, and clients that were never served.
fn failures(report: &Report, body: &mut String) {
    let mut failed = String::new();
    for breach in &report.hunted {
        failed.push_str("<section class=\"broken\">\n");
        show(breach, &mut failed);
        failed.push_str("</section>\n");
    }
    for scene in &report.scenes {
        let Some((head, expected, actual)) = failure(scene) else { continue };
        let (head, expected, actual) = (markup(&head), markup(expected), markup(actual));
        let _ = writeln!(
            failed,
            "<section class=\"broken\">\n<h3>{head}</h3>\n<p>expected {expected}</p>\n<p>but {actual}</p>"
        );
        if let Some(like) = &scene.like {
            let _ = writeln!(failed, "<p>{}</p>", markup(&likeness(like)));
        }
        failed.push_str("</section>\n");
    }
    if !failed.is_empty() {
        let _ = write!(body, "<h2>Failed</h2>\n{failed}");
    }
}

/// All scripts, folder after folder.
fn scripts(report: &Report, body: &mut String) {
    body.push_str("<h2>Scripts</h2>\n");
    fn folder(scene: &Scene) -> &str {
        scene.script.split('/').next().unwrap_or_default()
    }
    for scenes in report.scenes.chunk_by(|one, other| folder(one) == folder(other)) {
        let kept = scenes.iter().filter(|it| matches!(it.verdict, Verdict::Kept)).count();
        let (folder, all) = (scenes.first().map(folder).unwrap_or_default(), scenes.len());
        let _ = writeln!(
            body,
            "<details><summary>{}: {kept} of {all} went as they say</summary>\n<table>",
            markup(folder)
        );
        for scene in scenes {
            let why = match &scene.verdict {
                Verdict::Kept => String::new(),
                Verdict::Broken { rule, .. } => (*rule).to_owned(),
                Verdict::Failed { line: Some(line), .. } => format!("in line {line}"),
                Verdict::Failed { line: None, .. } => "a server ended on its own".to_owned(),
                Verdict::NotTested { why }
                | Verdict::NotApplicable { why }
                | Verdict::Unfinished { why } => why.clone(),
            };
            let word = word(&scene.verdict);
            let (script, why) = (markup(&scene.script), markup(&why));
            let _ = writeln!(
                body,
                "<tr class=\"{word}\"><td>{script}</td><td>{word}</td><td>{why}</td></tr>"
            );
        }
        body.push_str("</table></details>\n");
    }
}
