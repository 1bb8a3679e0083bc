//! Every case has a test whose name begins with its number, or stands in a table of what was decided against.
//!
//! Read from the sources: `fn b7_b8_c21_ports_may_be_used_again` behind `#[test]` is a test of three cases, and a row
//! `//! | B24 ... | ... |` under the heading `decided against` a decision about one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The letters, and how many cases each has.
const CASES: [(char, u32); 10] =
    [('A', 36), ('B', 26), ('C', 22), ('D', 19), ('E', 16), ('F', 12), ('G', 10), ('H', 24), ('I', 24), ('J', 8)];

/// The heading of a table of decisions.
const HEADING: &str = "//! | decided against |";

/// The number of a case if that is what `word` is.
fn case(word: &str) -> Option<(char, u32)> {
    let letter = word.chars().next()?.to_ascii_uppercase();
    let number = word.get(1..)?.parse().ok()?;
    CASES.iter().any(|(known, _)| *known == letter).then_some((letter, number))
}

/// The cases that the names of the tests in a source begin with.
fn tested(source: &str) -> BTreeSet<(char, u32)> {
    let mut cases = BTreeSet::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
            cases.extend(rest.split(['_', '(']).map_while(case));
        }
        is_test = line == "#[test]" || (is_test && line.starts_with("#["));
    }
    cases
}

/// The cases in the first cells of tables of decisions.
fn decided(source: &str) -> BTreeSet<(char, u32)> {
    let mut cases = BTreeSet::new();
    let mut in_table = false;
    for line in source.lines() {
        in_table = line.starts_with(HEADING) || (in_table && line.starts_with("//! |"));
        let cell = line.split('|').nth(1).filter(|_| in_table).unwrap_or_default();
        cases.extend(cell.split_whitespace().map_while(|word| case(word.trim_end_matches(','))));
    }
    cases
}

/// The text of every source below `directory`, one after another.
fn sources(directory: &Path) -> String {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: &Path| match path.extension() {
        _ if path.is_dir() => sources(path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    };
    paths.map(|path| text(&path) + "\n").collect()
}

/// What has neither test nor decision, and what has either and is no case.
fn wrong(source: &str) -> [Vec<(char, u32)>; 2] {
    let shown: BTreeSet<_> = tested(source).union(&decided(source)).copied().collect();
    let all: BTreeSet<_> = CASES.iter().flat_map(|&(letter, last)| (1..=last).map(move |at| (letter, at))).collect();
    [all.difference(&shown).copied().collect(), shown.difference(&all).copied().collect()]
}

#[test]
fn every_case_has_a_test_or_a_decision() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [missing, unknown] = wrong(&(sources(&root.join("src")) + &sources(&root.join("tests"))));
    assert!(missing.is_empty(), "neither tested nor decided against: {missing:?}");
    assert!(unknown.is_empty(), "no such case: {unknown:?}");
}

#[test]
fn a_case_that_is_missing_is_missed() {
    let test = |name: &str| format!("#[test]\nfn {name}() {{\n}}\n");
    let names = CASES.iter().flat_map(|&(letter, last)| (1..=last).map(move |at| format!("{letter}{at}_holds")));
    let mut all: Vec<String> = names.map(|name| test(&name.to_lowercase())).collect();
    let every = all.concat();
    assert_eq!(wrong(&every), [vec![], vec![]]);
    all.remove(1);
    assert_eq!(wrong(&all.concat()), [vec![('A', 2)], vec![]]);
    for found in ["//! | decided against | because |\n//! |---|---|\n//! | A1, A2 a part | why |\n", &test("a1_a2_x")] {
        assert_eq!(wrong(&(all.concat() + found)), [vec![], vec![]], "{found}");
    }
    for other in ["//! | A2 | some table |\n", "fn a2_helper() {\n", "#[test]\nfn like_a2_it() {\n", "// A2\n"] {
        assert_eq!(wrong(&(all.concat() + other)), [vec![('A', 2)], vec![]], "{other}");
    }
    assert_eq!(wrong(&(every + &test("b27_beyond"))), [vec![], vec![('B', 27)]]);
}
