//! Layers are one-way: reads `src/` and fails on a path that leads upward, on input and output in the core, and on
//! the command line's crates in the library.
//!
//! It reads tokens, not lines: comments, strings and test modules are passed over, `use crate::{a, b::c}` is taken
//! apart, `crate::x::y` in code counts like a `use`, and so does a chain of `super` that reaches the crate's root.

use std::fs;
use std::path::{Path, PathBuf};

/// What a layer may use directly, besides the vocabulary. It may also use what those may use: `msnp` speaks of the
/// endpoints of `net` because `tcp` does.
const LAYERS: [(&str, &[&str]); 13] = [
    ("net", &[]),
    ("tcp", &["net"]),
    ("gateway", &["tcp"]),
    ("msnp", &["tcp"]),
    ("cvr", &["msnp"]),
    ("profile", &["cvr"]),
    ("census", &["cvr", "profile"]),
    ("capture", &[]),
    ("privacy", &["cvr"]),
    ("report", &["cvr", "profile", "census", "privacy"]),
    ("dissect", &["net", "tcp", "gateway", "msnp"]),
    ("part", &["cvr", "dissect", "report"]),
    ("run", &["capture", "dissect", "cvr", "profile", "census", "privacy", "report", "part"]),
];
/// What every layer may use, and what uses nothing but itself.
const VOCABULARY: [&str; 8] = ["packet", "limits", "stats", "flags", "text", "anomaly", "clock", "words"];
/// The core does no input or output, starts no thread and reads no clock.
const CORE: [&str; 9] = ["net", "tcp", "gateway", "msnp", "cvr", "profile", "census", "privacy", "dissect"];
const NOT_IN_THE_CORE: [&str; 6] =
    ["std::fs", "std::thread", "std::time", "std::net::TcpStream", "std::net::TcpListener", "std::net::UdpSocket"];
/// The crates of the command line.
const NOT_IN_THE_LIBRARY: [&str; 3] = ["clap", "indicatif", "anyhow"];
/// The binary crate, whose `crate::` is another one.
const BINARY: [&str; 2] = ["main", "cli"];

/// A path as it stands in the code (`crate::net::Segment`), with its line.
#[derive(Debug, PartialEq, Eq)]
struct UsedPath {
    line: usize,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    PathSeparator,
    Sign(char),
}

/// The tokens of Rust code with their lines, without comments, strings, characters and lifetimes.
fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let line = 1 + code[..code.len() - rest.len()].matches('\n').count();
        let len = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => comment_len(rest),
            'r' | 'b' | 'c' | '"' if string_len(rest).is_some() => string_len(rest).unwrap(),
            '\'' => character_len(rest),
            _ if first.is_alphanumeric() || first == '_' => {
                let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push((line, Token::Word(rest[..len].to_owned())));
                len
            }
            _ if rest.starts_with("::") => {
                tokens.push((line, Token::PathSeparator));
                2
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push((line, Token::Sign(first)));
                }
                first.len_utf8()
            }
        };
        rest = &rest[len..];
    }
    tokens
}

/// Length of a block comment, which may hold others.
fn comment_len(code: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < code.len() {
        let rest = &code.as_bytes()[at..];
        match (rest.starts_with(b"/*"), rest.starts_with(b"*/")) {
            (true, _) => (depth, at) = (depth + 1, at + 2),
            (_, true) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

/// Length of a string literal of any kind, or `None` if the code does not begin with one.
fn string_len(code: &str) -> Option<usize> {
    let prefix = code.find(|c| !matches!(c, 'r' | 'b' | 'c'))?;
    let raw = code[..prefix].contains('r');
    let hashes = if raw { code[prefix..].chars().take_while(|&c| c == '#').count() } else { 0 };
    let opened = prefix + hashes + 1;
    if prefix > 2 || !code[prefix + hashes..].starts_with('"') {
        return None;
    }
    let body = &code[opened..];
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(body.find(&end).map_or(code.len(), |at| opened + at + end.len()));
    }
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(opened + at + 1),
            _ => {}
        }
    }
    Some(code.len())
}

/// Length of a character literal, or of the quote of a lifetime.
fn character_len(code: &str) -> usize {
    let mut chars = code.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_)) => chars.find(|(_, c)| *c == '\'').map_or(code.len(), |(at, _)| at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The tokens outside `#[cfg(test)]` items, and the names of the modules declared as `#[cfg(test)] mod name;`.
fn without_tests(tokens: &[(usize, Token)]) -> (Vec<(usize, Token)>, Vec<String>) {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let text = |token: &Token| match token {
        Token::Word(word) => word.clone(),
        Token::Sign(sign) => sign.to_string(),
        Token::PathSeparator => "::".to_owned(),
    };
    let (mut kept, mut modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let here = &tokens[at..];
        if !here.iter().map(|(_, token)| text(token)).take(attribute.len()).eq(attribute) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let item = &here[attribute.len()..];
        let end = item_len(item);
        if let [(_, Token::Word(keyword)), (_, Token::Word(name)), (_, Token::Sign(';'))] = &item[..end]
            && keyword == "mod"
        {
            modules.push(name.clone());
        }
        at += attribute.len() + end;
    }
    (kept, modules)
}

/// Number of tokens of an item: to the semicolon, or to the end of its first block in braces.
fn item_len(tokens: &[(usize, Token)]) -> usize {
    let mut depth = 0;
    for (at, (_, token)) in tokens.iter().enumerate() {
        match token {
            Token::Sign(';') if depth == 0 => return at + 1,
            Token::Sign('{') => depth += 1,
            Token::Sign('}') if depth == 1 => return at + 1,
            Token::Sign('}') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Every path of two words or more, and every word after `use`; groups are taken apart.
fn paths(tokens: &[(usize, Token)]) -> Vec<UsedPath> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let after_use = at > 0 && tokens[at - 1].1 == Token::Word("use".to_owned());
        let begins_path = matches!(tokens.get(at + 1), Some((_, Token::PathSeparator)));
        if matches!(tokens[at].1, Token::Word(_)) && (begins_path || after_use) {
            at = tree(tokens, at, "", &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path from `at`, with all branches of its groups; gives the place behind it.
fn tree(tokens: &[(usize, Token)], mut at: usize, prefix: &str, found: &mut Vec<UsedPath>) -> usize {
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    let mut text = prefix.to_owned();
    loop {
        match tokens.get(at).map(|(_, token)| token) {
            Some(Token::Word(word)) => text.push_str(word),
            Some(Token::Sign('*')) => text.push('*'),
            Some(Token::Sign('{')) => {
                at += 1;
                while at < tokens.len() && tokens[at].1 != Token::Sign('}') {
                    let begins = matches!(tokens[at].1, Token::Word(_) | Token::Sign('*' | '{'));
                    at = if begins { tree(tokens, at, &text, found) } else { at + 1 };
                }
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if tokens.get(at).map(|(_, token)| token) != Some(&Token::PathSeparator) {
            break;
        }
        text.push_str("::");
        at += 1;
    }
    found.push(UsedPath { line, text });
    // `a as b` names no path of its own.
    let renamed = tokens.get(at).map(|(_, token)| token) == Some(&Token::Word("as".to_owned()));
    if renamed && !prefix.is_empty() { at + 2 } else { at }
}

/// The layer that a path of the module `module` (`["net", "decode"]`) leads to, if it leaves by the crate's root.
fn target<'a>(path: &'a str, module: &[String]) -> Option<&'a str> {
    let mut words = path.split("::").peekable();
    if words.next_if_eq(&"crate").is_some() {
        return words.next();
    }
    words.next_if_eq(&"self");
    let mut climbed = 0;
    while words.next_if_eq(&"super").is_some() {
        climbed += 1;
    }
    if climbed > 0 && climbed >= module.len() { words.next() } else { None }
}

/// Whether `layer` may use `used`, directly or through what it may use.
fn may_use(layer: &str, used: &str) -> bool {
    let direct = LAYERS.iter().find(|(name, _)| *name == layer).map_or(&[][..], |(_, below)| below);
    layer == used || direct.iter().any(|below| may_use(below, used))
}

/// What is wrong with the code of one module, given as its path from the crate's root.
fn faults(module: &[String], code: &str) -> Vec<String> {
    let layer = module.first().map_or("lib", String::as_str);
    let (kept, _) = without_tests(&tokens(code));
    let mut faults = Vec::new();
    for UsedPath { line, text } in paths(&kept) {
        let mut fault = |what: &str| faults.push(format!("{} line {line}: `{text}` {what}", module.join("::")));
        let begins_with = |banned: &str| text == banned || text.starts_with(&format!("{banned}::"));
        if NOT_IN_THE_LIBRARY.into_iter().any(begins_with) {
            fault("belongs to the command line");
        }
        if CORE.contains(&layer) && NOT_IN_THE_CORE.into_iter().any(begins_with) {
            fault("is input, output, a thread or a clock in the core");
        }
        let Some(used) = target(&text, module) else { continue };
        let known = LAYERS.iter().any(|(name, _)| *name == used) || VOCABULARY.contains(&used);
        if layer == "lib" || VOCABULARY.contains(&used) || used == layer || may_use(layer, used) {
            continue;
        }
        fault(if known { "leads upward" } else { "leads to no layer: move it, or give it a place in the table" });
    }
    faults
}

/// Every module of the library under `src/`, without test modules in files of their own.
fn library() -> Vec<(Vec<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for path in fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
            match path.extension() {
                _ if path.is_dir() => directories.push(path),
                Some(extension) if extension == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    let module = |path: &PathBuf| {
        let inside = path.strip_prefix(&root).unwrap().with_extension("");
        let words = inside.iter().map(|word| word.to_str().unwrap().to_owned());
        words.filter(|word| word != "mod" && word != "lib").collect::<Vec<_>>()
    };
    let all: Vec<_> = files.iter().map(|path| (module(path), fs::read_to_string(path).unwrap())).collect();
    let mut tests: Vec<Vec<String>> = Vec::new();
    for (module, code) in &all {
        let (_, names) = without_tests(&tokens(code));
        tests.extend(names.into_iter().map(|name| [module.as_slice(), &[name]].concat()));
    }
    all.into_iter()
        .filter(|(module, _)| !module.first().is_some_and(|first| BINARY.contains(&first.as_str())))
        .filter(|(module, _)| !tests.iter().any(|test| module.starts_with(test)))
        .collect()
}

#[test]
fn no_layer_looks_upward() {
    let library = library();
    assert!(library.len() > 10, "found only {} modules", library.len());
    let faults: Vec<_> = library.iter().flat_map(|(module, code)| faults(module, code)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    for (module, _) in library() {
        let Some(first) = module.first().map(String::as_str) else { continue };
        assert!(LAYERS.iter().any(|(name, _)| *name == first) || VOCABULARY.contains(&first), "{first} has no layer");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<String> {
        paths(&without_tests(&tokens(code)).0).into_iter().map(|path| path.text).collect()
    }

    fn faults_in(module: &str, code: &str) -> Vec<String> {
        faults(&module.split("::").map(str::to_owned).collect::<Vec<_>>(), code)
    }

    #[test]
    fn groups_are_taken_apart() {
        assert_eq!(
            texts("use crate::{net::{self, Segment as S}, tcp, packet::*};"),
            ["crate::net::self", "crate::net::Segment", "crate::tcp", "crate::packet::*"]
        );
        assert_eq!(texts("use std::{\n  fs, io::{self}};"), ["std::fs", "std::io::self"]);
        assert_eq!(texts("use anyhow; fn f(x: crate::cvr::Reply) {}"), ["anyhow", "crate::cvr::Reply"]);
    }

    #[test]
    fn comments_strings_and_tests_are_passed_over() {
        assert!(texts("// crate::cvr::A\n/* crate::cvr::B /* x */ crate::cvr::C */").is_empty());
        assert!(texts(r##"let s = "crate::cvr \" crate::cvr::A"; let r = r#"crate::"::B"#;"##).is_empty());
        assert!(texts("#[cfg(test)]\nmod tests { mod x {} use crate::run::A; }").is_empty());
        assert_eq!(texts("#[cfg(test)] use crate::run::A; use crate::net::B;"), ["crate::net::B"]);
        assert_eq!(texts(r"fn f<'a>(c: &'a char) -> bool { *c == '\'' && x::y('\u{41}') }"), ["x::y"]);
        let (_, modules) = without_tests(&tokens("#[cfg(test)] mod testing;"));
        assert_eq!(modules, ["testing"]);
    }

    #[test]
    fn a_path_upward_is_a_fault() {
        assert_eq!(
            faults_in("net::decode", "use crate::tcp::Role;"),
            ["net::decode line 1: `crate::tcp::Role` leads upward"]
        );
        assert_eq!(faults_in("tcp", "\nfn f() { crate::{cvr::g}() }").len(), 1);
        assert_eq!(faults_in("tcp::table", "use super::super::msnp::Message;").len(), 1);
        assert_eq!(faults_in("gateway", "use crate::msnp::Event;").len(), 1, "neighbours are not below");
        assert_eq!(faults_in("packet", "use crate::net::Segment;").len(), 1, "the vocabulary uses itself alone");
        assert_eq!(faults_in("net", "use crate::utils::f;").len(), 1);
    }

    #[test]
    fn paths_downward_and_within_are_none() {
        assert!(faults_in("net::decode", "use super::Segment; use crate::{net::Fate, packet::Packet};").is_empty());
        assert!(faults_in("msnp", "use crate::net::Endpoint; use crate::tcp::Role;").is_empty());
        assert!(faults_in("run", "use crate::{capture, report}; use std::thread;").is_empty());
        assert!(faults_in("tcp::table", "use super::connection::{self}; use std::net::IpAddr;").is_empty());
    }

    #[test]
    fn the_core_does_no_input_or_output() {
        for code in
            ["use std::{io, fs};", "std::thread::spawn(f)", "use std::time::Instant;", "use std::net::{TcpStream};"]
        {
            assert_eq!(faults_in("cvr", code).len(), 1, "{code}");
        }
        assert_eq!(faults_in("report", "use clap::Parser; use std::fs;").len(), 1);
    }
}
