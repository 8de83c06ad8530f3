//! What an editor needs to show scripts in colours: a syntax file for Vim, made from the tables that
//! the parser reads.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::measures;
use super::{verbs, who};
use crate::cluster::flaw::FLAWS;
use crate::cluster::network::Network;
use crate::cluster::raft::OPTIONS;

/// The most columns of a line of the file.
const COLUMNS: usize = 100;

/// A syntax file for Vim and Neovim: verbs, conditions, words for servers, and the names that are
/// given to flaws, options and networks.
pub fn vim() -> String {
    let mut page = String::from(
        "\" Vim syntax for scripts of raftlab (*.lab). Made by `raftlab docs vim`:\n\
         \"   mkdir -p ~/.vim/syntax ~/.vim/ftdetect\n\
         \"   raftlab docs vim > ~/.vim/syntax/raftlab.vim\n\
         \"   echo 'au BufRead,BufNewFile *.lab setfiletype raftlab' > ~/.vim/ftdetect/raftlab.vim\n\
         \" Neovim: ~/.config/nvim in the place of ~/.vim.\n\
         if exists(\"b:current_syntax\")\n  finish\nendif\n\
         syn case match\n\
         syn iskeyword @,48-57,-,_\n\n",
    );
    let words = |names: &mut dyn Iterator<Item = &'static str>| -> BTreeSet<&'static str> {
        names.flat_map(|name| name.split(' ')).filter(|word| is_word(word)).collect()
    };
    let verbs = words(&mut verbs::all().map(|verb| verb.name));
    let servers = words(&mut who::WORDS.iter().map(|row| row.name));
    let mut conditions = words(&mut measures::all().map(|row| row.name));
    conditions.extend(["and", "or", "not", "within"]);
    let mut names = words(&mut FLAWS.iter().map(|about| about.name));
    names.extend(OPTIONS.iter().map(|about| about.name));
    names.extend(Network::ALL.map(Network::name));
    let taken = |set: BTreeSet<&'static str>, by: &[&BTreeSet<&'static str>]| {
        set.into_iter().filter(|word| !by.iter().any(|set| set.contains(word))).collect()
    };
    // A word that is a verb too is one where a line begins, which a keyword can't tell.
    let servers: BTreeSet<_> = taken(servers, &[]);
    let conditions: BTreeSet<_> = taken(conditions, &[&servers]);
    let names: BTreeSet<_> = taken(names, &[&servers, &conditions]);
    keywords(&mut page, "Server", &servers);
    keywords(&mut page, "Condition", &conditions);
    keywords(&mut page, "Name", &names);
    let alternatives: Vec<&str> = verbs.iter().rev().copied().collect();
    page.push_str("syn match raftlabVerb \"\\v^\\s*((with|without): *)?\\zs(");
    page.push_str(&alternatives.join("|").replace('!', "\\!"));
    page.push_str(")>\"\n");
    page.push_str(
        "syn match raftlabServer \"\\v<S[1-9][0-9]?>\"\n\
         syn match raftlabOption \"\\v<[a-z][a-z-]*\\ze\\=\"\n\
         syn match raftlabNumber \"\\v<[0-9]+(\\.[0-9]+)?(us|ms|s|m|h|KB|MB|GB|\\%)?>\"\n\
         syn match raftlabSign \"->\\|<->\\||\\|@\\|[<>]=\\|!=\\|=\"\n\
         syn region raftlabText start=+\"+ skip=+\\\\\"+ end=+\"+ contains=raftlabBinding\n\
         syn match raftlabSaid \"\\v(^\\s*(say|aside|note) +)@<=[^\" ].*$\" contains=raftlabBinding\n\
         syn match raftlabBinding \"{[a-z][a-z0-9_-]*}\"\n\
         syn match raftlabComment \"\\v(^|\\s)#.*$\"\n\n",
    );
    for (group, link) in [
        ("Verb", "Statement"),
        ("Condition", "Conditional"),
        ("Server", "Identifier"),
        ("Name", "Constant"),
        ("Option", "Type"),
        ("Number", "Number"),
        ("Sign", "Operator"),
        ("Text", "String"),
        ("Said", "String"),
        ("Binding", "PreProc"),
        ("Comment", "Comment"),
    ] {
        let _ = writeln!(page, "hi def link raftlab{group} {link}");
    }
    page.push_str("\nlet b:current_syntax = \"raftlab\"\n");
    page
}

/// A word that Vim can take as a keyword.
fn is_word(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && word.starts_with(|letter: char| letter.is_ascii_lowercase())
}

fn keywords(page: &mut String, group: &str, words: &BTreeSet<&str>) {
    let start = format!("syn keyword raftlab{group}");
    let mut line = start.clone();
    for word in words {
        if line.len() + 1 + word.len() > COLUMNS {
            let _ = writeln!(page, "{line}");
            line.clone_from(&start);
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(page, "{line}");
}
