//! What the page holds, and what it never does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};

use super::*;
use crate::anomaly::Severity;
use crate::census::synthetic::{REPLY, REQUEST, observation, time};
use crate::census::{Observation, Step, TimelineCounter};
use crate::limits::LINE_LEN_MAX;
use crate::report::InputStatus;

/// What a census holds besides the exchanges.
#[derive(Default)]
struct Beside {
    inputs: Vec<InputRow>,
    anomalies: Vec<AnomalyRow>,
    warnings: Vec<String>,
    command: String,
}

fn page(observations: &[Observation], beside: &Beside) -> String {
    let (mut population, mut upgrades) = (Population::default(), Upgrades::default());
    let mut timeline = TimelineCounter::new(Step::parse("1m").unwrap());
    for observation in observations {
        population.push(observation);
        upgrades.push(observation);
        timeline.push(observation);
    }
    let sources = Sources {
        population: &population,
        upgrades: &upgrades,
        timeline: &timeline.finish(),
        inputs: &beside.inputs,
        anomalies: &beside.anomalies,
        warnings: &beside.warnings,
        command: &beside.command,
    };
    let mut page = Vec::new();
    Page::new(&sources).write(&mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// Some clients with something to say of each.
fn small() -> Vec<Observation> {
    let newer = b"CVR 2 0x0411 win 4.10 i386 MSNMSGR 6.1.0211 MSMSGS other@example.com";
    vec![
        observation(1, 1, REQUEST, REPLY),
        observation(2, 5, newer, b"CVR 2 1.0.0000 1.0.0000 1.0.0000 http://a.example.com http://b.example.com"),
        observation(3, 130, newer, b"420 2"),
        observation(4, 150, newer, b""),
        observation(5, 300, b"", REPLY),
    ]
}

/// Text in every place that is not a captured field.
fn beside(text: &str) -> Beside {
    let row = |severity, kind: &'static str| AnomalyRow {
        time: Some(time(1)),
        severity,
        kind: kind.into(),
        input: text.to_owned(),
        frame: Some(7),
        offset: None,
        ends: Some(["192.0.2.1:1042".parse().unwrap(), "198.51.100.5:1863".parse().unwrap()]),
        detail: text.to_owned(),
    };
    let input = InputRow {
        input: text.to_owned(),
        status: InputStatus::Damaged,
        error: text.to_owned(),
        format: "pcap".to_owned(),
        sha256: "0123".repeat(16),
        first_seen: Some(time(0)),
        last_seen: Some(time(400)),
        ..InputRow::default()
    };
    Beside {
        inputs: vec![input],
        anomalies: vec![row(Severity::Error, "damaged"), row(Severity::Info, "lines")],
        warnings: vec![text.to_owned(); 3],
        command: text.to_owned(),
    }
}

/// The page as a browser that is strict would see it: each element closed, each attribute quoted, each text escaped. What
/// could run, load or lead elsewhere must not be there.
#[track_caller]
fn sound(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}: {page}"));
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        assert!(!["script", "iframe", "object", "embed", "img", "link", "base", "form"].contains(&name), "{name}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && !["style", "src", "srcset", "action"].contains(&name), "{name}={value}");
            assert!(name != "href" || value.starts_with('#'), "{name}={value}");
        }
    }
    document
}

/// All text of the page, that of tooltips included.
fn words(document: &Document<'_>) -> String {
    let nodes = document.descendants();
    let texts =
        nodes.flat_map(|node| node.text().into_iter().chain(node.attributes().map(|attribute| attribute.value())));
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_small_census_has_every_part() {
    let page = page(&small(), &beside("jan.pcap"));
    let document = sound(&page);
    let headings = document.descendants().filter(|node| node.has_tag_name("h2")).filter_map(|node| node.text());
    assert_eq!(
        headings.collect::<Vec<_>>(),
        [
            "Client versions",
            "When they came",
            "Languages and places",
            "System by version",
            "Who was sent where",
            "Addresses that servers gave out",
            "Doubts",
            "Anomalies",
            "Inputs",
            "Method, and what it cannot know",
            "The command"
        ]
    );
    let charts = document.descendants().filter(|node| node.attribute("role") == Some("img"));
    let labelled = charts.filter(|node| {
        node.attribute("aria-label").is_some() && node.first_element_child().unwrap().has_tag_name("desc")
    });
    assert_eq!(labelled.count(), 6);
    let words = words(&document);
    for told in [
        "MSN Messenger clients, 14 September 2003",
        "1 input, 0 packets, 1 not read whole",
        "Version 6.1.0211 is the commonest: 33.3% of 3 clients told it.",
        "http://download.example.com/SetupDl.exe",
        "and 1 more",
        "2003-09-14 12:00:00: 2 clients, 2 new, in 2 exchanges",
        &"0123".repeat(16),
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
}

#[test]
fn l13_an_empty_census_says_what_is_missing_and_draws_nothing() {
    let page = page(&[], &Beside::default());
    let document = sound(&page);
    assert!(page.contains("No client-version exchange was found."));
    assert!(document.descendants().all(|node| node.attribute("role") != Some("img")));
}

#[test]
fn no_handle_and_no_address_of_a_client_is_told() {
    // The server learns the account, and a request whose fields slipped has it where the version should be.
    let slipped = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR slipped@example.com MSMSGS third@example.com";
    let observations = [small(), vec![observation(6, 310, slipped, REPLY)]].concat();
    let page = page(&observations, &beside("jan.pcap"));
    assert!(!page.contains('@') || page.matches('@').count() == STYLE.matches('@').count(), "{page}");
    for account in ["user", "other", "slipped", "third"] {
        assert!(!page.contains(&format!("{account}@")) && !page.contains("192.0.2."), "{account}");
    }
    assert!(page.contains("(hidden)"));
}

#[test]
fn the_policy_lets_in_its_own_style_and_nothing_else() {
    let page = page(&small(), &Beside::default());
    let document = sound(&page);
    let style = document.descendants().find(|node| node.has_tag_name("style")).unwrap();
    let hash = STANDARD.encode(Sha256::digest(style.text().unwrap()));
    let policy = document.descendants().find(|node| node.attribute("http-equiv") == Some("Content-Security-Policy"));
    assert_eq!(
        policy.unwrap().attribute("content").unwrap(),
        format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
    );
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn every_class_has_a_style() {
    let page = page(&small(), &beside("jan.pcap"));
    let document = sound(&page);
    let classes: BTreeSet<_> =
        document.descendants().filter_map(|node| node.attribute("class")).flat_map(str::split_whitespace).collect();
    let levels = ["t1", "t2", "info"];
    let missing: Vec<_> =
        classes.iter().filter(|class| !levels.contains(class) && !STYLE.contains(&format!(".{class}"))).collect();
    assert!(missing.is_empty() && classes.len() > 40, "{missing:?} {}", classes.len());
}

/// Colours by name: those of the light scheme, and those of the dark one.
fn colours() -> [BTreeMap<&'static str, [f64; 3]>; 2] {
    let schemes: Vec<_> = STYLE.split(":root {").skip(1).filter_map(|block| block.split('}').next()).collect();
    let colour = |line: &'static str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
        let part = |at: usize| u8::from_str_radix(value.get(at..at + 2).unwrap(), 16).unwrap();
        (value.len() == 6).then(|| (name, [0, 2, 4].map(|at| f64::from(part(at)) / 255.0)))
    };
    [0, 1].map(|scheme| schemes[scheme].split(';').filter_map(colour).collect())
}

/// Contrast as the Web Content Accessibility Guidelines 2.2 define it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear = |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

#[test]
fn text_and_marks_can_be_told_from_their_ground_in_both_schemes() {
    for colours in colours() {
        let assert = |front: &str, ground: &str, least: f64| {
            let contrast = contrast(colours[front], colours[ground]);
            assert!(contrast >= least, "{front} on {ground}: {contrast:.2}");
        };
        for text in ["ink", "soft", "warn"] {
            assert(text, "paper", 4.5);
        }
        for mark in
            ["required", "recommended", "up-to-date", "unrecognised", "rejected", "undetermined", "plain", "new"]
        {
            assert(mark, "paper", 3.0);
        }
        for (text, level) in
            [("ink", 1), ("ink", 2), ("ink", 3), ("ink", 4), ("on-dark", 5), ("on-dark", 6), ("on-dark", 7)]
        {
            assert(text, &format!("h{level}"), 4.5);
        }
        // The number in a cell of the upgrade map: on the strongest tint of a verdict.
        for verdict in ["required", "recommended", "up-to-date", "unrecognised", "rejected", "undetermined"] {
            let (mark, paper) = (colours[verdict], colours["paper"]);
            let tint = [0, 1, 2].map(|part| 0.36 * mark[part] + 0.64 * paper[part]);
            let contrast = contrast(colours["ink"], tint);
            assert!(contrast >= 4.5, "ink on the tint of {verdict}: {contrast:.2}");
        }
    }
}

#[test]
fn a_crowd_fits_on_one_page_and_what_is_left_out_is_told() {
    let crowd = |number: u64| {
        let (locale, version, system) = (number % 200, number % 3_001, number % 701);
        let request =
            format!("CVR 2 0x{locale:04x} os{system} 5.1 i386 MSNMSGR 6.0.{version} MSMSGS user{number}@example.com");
        let reply =
            format!("CVR 2 7.{0}.1 7.{0}.1 6.0.9 http://d.example.com/{0} http://i.example.com/{0}", number % 1_999);
        observation(u8::try_from(number % 256).unwrap(), number * 2, request.as_bytes(), reply.as_bytes())
    };
    let observations: Vec<_> = (0..50_000).map(crowd).collect();
    let inputs = (0..5_000).map(|number| InputRow { input: format!("{number}.pcap"), ..InputRow::default() });
    let anomalies = std::iter::repeat_n(beside(&"long ".repeat(1_000)).anomalies, 5_000).flatten();
    let beside = Beside {
        inputs: inputs.collect(),
        anomalies: anomalies.collect(),
        warnings: vec!["word ".repeat(1_000); 1_000],
        command: "capture.pcap ".repeat(100_000),
    };
    let page = page(&observations, &beside);
    sound(&page);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for told in
        ["and 2,989 more versions", "and 3,982 more addresses", "and 4,960 more in the table of inputs", "and 998 more"]
    {
        assert!(page.contains(told), "{told}");
    }
}

/// What looks like markup, a template, a link or an end of what it stands in.
const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'onmouseover=alert(1)//",
    "</title></style></svg><img/src=x/onerror=alert(1)>",
    "{{7*7}}{%raw%}",
    "]]><!--",
    "&lt;script&gt;&#60;",
    "javascript:alert(1)",
    "http://evil.example.com/\"onclick=\"",
    "\u{202e}gpj.exe",
    "\u{fffe}\u{ffff}\u{85}\u{1ffff}",
    "العربية/日本語/e\u{301}\u{301}\u{301}",
];

/// A word that may stand in a field: a hostile one, a long one, or any bytes without a space or an end of the line.
fn any_word() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(any::<u8>(), 1..20);
    prop_oneof![
        prop::sample::select(&HOSTILE[..]).prop_map(|word| word.as_bytes().to_vec()),
        prop::sample::select(&HOSTILE[..]).prop_map(|word| word.repeat(8_192 / word.len()).into_bytes()),
        bytes.prop_map(|bytes| bytes.into_iter().filter(|byte| !b" \r\n\0".contains(byte)).collect()),
    ]
}

proptest! {
    #[test]
    fn whatever_was_captured_is_text(
        fields in prop::collection::vec(any_word(), 9), answers in prop::collection::vec(any_word(), 5),
    ) {
        let line = |words: &[Vec<u8>]| {
            let mut line = words.iter().fold(b"CVR 2".to_vec(), |line, word| [line.as_slice(), b" ", word].concat());
            line.truncate(LINE_LEN_MAX);
            line
        };
        let text = String::from_utf8_lossy(&fields[0]).into_owned();
        let observations = [observation(1, 1, &line(&fields), &line(&answers)), observation(2, 5, REQUEST, &line(&answers))];
        let page = page(&observations, &beside(&text));
        sound(&page);
        prop_assert!(!page.contains("<script") && page.len() < 300_000);
    }
}

#[test]
fn hostile_words_can_be_read_as_they_were_sent() {
    let request =
        [b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR ", HOSTILE[0].as_bytes(), b" MSMSGS user@example.com"].concat();
    let page = page(&[observation(1, 1, &request, REPLY)], &beside(HOSTILE[3]));
    let words = words(&sound(&page));
    assert!(words.contains(HOSTILE[0]) && words.contains(HOSTILE[3]), "{words}");
}

#[test]
fn the_same_census_is_the_same_page() {
    assert_eq!(page(&small(), &beside("a")), page(&small(), &beside("a")));
}
