//! What the screen looks like.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::census::synthetic::{REPLY, REQUEST, observation, time};
use crate::census::{Observation, Population, Upgrades, Verdict};

const PLAIN: Look = Look { unicode: true, colour: false };

fn summary(observations: &[Observation], inputs: &[InputRow], warnings: &[&str]) -> Summary {
    let mut population = Population::default();
    let mut upgrades = Upgrades::default();
    for observation in observations {
        population.push(observation);
        upgrades.push(observation);
    }
    let warnings: Vec<_> = warnings.iter().map(|warning| (*warning).to_owned()).collect();
    Summary::new(&population.rows(), &upgrades.rows(), inputs, &warnings, "msncensus -o DIR jan.pcap")
}

fn input(name: &str, status: InputStatus, exchanges: u64) -> InputRow {
    InputRow {
        input: name.to_owned(),
        status,
        packets: 1_204_112,
        exchanges,
        first_seen: Some(time(0)),
        last_seen: Some(time(100_000)),
        ..InputRow::default()
    }
}

fn judged(verdict: Verdict, mut observation: Observation) -> Observation {
    // The meaning of a request has tests of its own.
    observation.profile = None;
    observation.verdict = verdict;
    observation
}

fn small() -> Vec<Observation> {
    let newer = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.1.0211 MSMSGS other@example.com";
    vec![
        judged(Verdict::Required, observation(1, 1, REQUEST, REPLY)),
        judged(Verdict::Required, observation(1, 3, REQUEST, REPLY)),
        judged(Verdict::Recommended, observation(2, 5, REQUEST, REPLY)),
        Observation { echo: true, ..judged(Verdict::UpToDate, observation(3, 7, newer, REPLY)) },
        judged(Verdict::Undetermined, observation(4, 9, newer, b"")),
        judged(Verdict::Undetermined, observation(5, 11, b"", REPLY)),
    ]
}

/// The screen, which must fit.
fn screen(summary: &Summary, look: Look) -> String {
    let text = summary.render(look);
    let bare = anstream::adapter::strip_str(&text).to_string();
    for line in bare.lines() {
        assert!(line.width() <= 80, "{} columns: {line}", line.width());
    }
    assert!(look.colour || bare == text);
    assert!(look.unicode || text.is_ascii());
    text
}

#[test]
fn l13_nothing_found_still_says_what_was_read() {
    let summary = summary(&[], &[input("jan.pcap", InputStatus::Ok, 0)], &[]);
    insta::assert_snapshot!(screen(&summary, PLAIN), @r"
    2003-09-14 12:00:00 to 2003-09-15 15:46:40 UTC  1 d 3 h
    1 input, 1,204,112 packets
      jan.pcap                     1,204,112 packets         0 exchanges

    No client-version exchange was found.

    Write everything: msncensus -o DIR jan.pcap
    ");
}

#[test]
fn a_small_census() {
    let inputs = [input("jan.pcap", InputStatus::Ok, 5), input("feb.pcap", InputStatus::Damaged, 1)];
    let summary = summary(&small(), &inputs, &["feb.pcap is damaged at byte 1,234; what follows was not read."]);
    insta::assert_snapshot!(screen(&summary, PLAIN), @r"
    2003-09-14 12:00:00 to 2003-09-15 15:46:40 UTC  1 d 3 h
    2 inputs, 2,408,224 packets, 1 not read whole
      feb.pcap                     1,204,112 packets         1 exchange  damaged
      jan.pcap                     1,204,112 packets         5 exchanges

             6 exchanges    a version request and its answer, or either alone
             6 connections  carried them; a login may take two
             3 clients      told apart by passport, else handle, else address
             2 passports    accounts; one may be shared, a person may have several
             5 addresses    one may hide many clients, a client may move

    Client versions by clients; what servers told them
      6.0.0602          ████████████████▓▓▓▓▓▓▓▓          1  33.3% required 67%
      6.1.0211          ▒▒▒▒▒▒▒▒▒▒▒▒............          1  33.3% up_to_date 50%
      unknown           ........................          1  33.3% undetermined

    Verdicts by exchanges
      required          ████████████████████████          2  33.3%
      recommended       ▓▓▓▓▓▓▓▓▓▓▓▓                      1  16.7%
      up_to_date        ▒▒▒▒▒▒▒▒▒▒▒▒                      1  16.7%
      undetermined      ........................          2  33.3%
      1 of these only repeat the client's version: no policy

    Locales                                 Systems
      unknown                       100.0%    winnt 5.1                      66.7%
                                              unknown                        33.3%

    ! feb.pcap is damaged at byte 1,234; what follows was not read.

    Write everything: msncensus -o DIR jan.pcap
    ");
}

#[test]
fn without_unicode_the_screen_is_ascii() {
    let summary = summary(&small(), &[], &["no café"]);
    insta::assert_snapshot!(screen(&summary, Look::default()), @r"
    2003-09-14 12:00:01 to 2003-09-14 12:00:12 UTC  11 s

             6 exchanges    a version request and its answer, or either alone
             6 connections  carried them; a login may take two
             3 clients      told apart by passport, else handle, else address
             2 passports    accounts; one may be shared, a person may have several
             5 addresses    one may hide many clients, a client may move

    Client versions by clients; what servers told them
      6.0.0602          ################++++++++          1  33.3% required 67%
      6.1.0211          ============............          1  33.3% up_to_date 50%
      unknown           ........................          1  33.3% undetermined

    Verdicts by exchanges
      required          ########################          2  33.3%
      recommended       ++++++++++++                      1  16.7%
      up_to_date        ============                      1  16.7%
      undetermined      ........................          2  33.3%
      1 of these only repeat the client's version: no policy

    Locales                                 Systems
      unknown                       100.0%    winnt 5.1                      66.7%
                                              unknown                        33.3%

    ! no caf?

    Write everything: msncensus -o DIR jan.pcap
    ");
}

#[test]
fn colours_change_nothing_but_colours() {
    let summary = summary(&small(), &[], &[]);
    let ascii = screen(&summary, Look::default());
    let coloured = screen(&summary, Look { unicode: false, colour: true });
    assert_ne!(coloured, ascii);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), ascii);
}

#[test]
fn wide_and_hostile_text_stays_in_its_columns() {
    let mut population = Population::default();
    for observation in small() {
        population.push(&observation);
    }
    let mut rows = population.rows();
    let mut labels =
        ["victim@example.com", "日本語の非常に長いシステム名前です、日本語の", "\u{1b}[2J\u{202e}"].iter().cycle();
    for row in rows.iter_mut().filter(|row| row.dimension != Dimension::Total) {
        row.label = labels.next().unwrap().as_bytes().to_vec();
    }
    let long = "a/very/long/path/to/a/capture/of/日本/messenger/traffic.pcapng";
    let warning = format!("{} {} \u{1b}[2J", "word ".repeat(20), "x".repeat(100));
    let summary = Summary::new(&rows, &[], &[input(long, InputStatus::Cut, 2)], &[warning], "msncensus");
    let text = screen(&summary, PLAIN);
    assert!(!text.contains("victim") && !text.contains('\u{1b}') && !text.contains('\u{202e}'));
    insta::assert_snapshot!(text, @r"
    2003-09-14 12:00:00 to 2003-09-15 15:46:40 UTC  1 d 3 h
    1 input, 1,204,112 packets, 1 not read whole
      …essenger/traffic.pcapng     1,204,112 packets         2 exchanges cut

             6 exchanges    a version request and its answer, or either alone
             6 connections  carried them; a login may take two
             3 clients      told apart by passport, else handle, else address
             2 passports    accounts; one may be shared, a person may have several
             5 addresses    one may hide many clients, a client may move

    Client versions by clients; what servers told them
      \x1B[2J\xE2\x80\… ........................          1  33.3% undetermined
      (hidden)          ........................          1  33.3% undetermined
      日本語の非常に長… ........................          1  33.3% undetermined

    Verdicts by exchanges
      undetermined      ........................          6 100.0%

    Locales                                 Systems
      (hidden)                      100.0%    日本語の非常に長いシステム名…  66.7%
                                              \x1B[2J\xE2\x80\xAE            33.3%

    ! word word word word word word word word word word word word word word word
      word word word word word
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      xxxxxxxxxxxxxxxxxxxxxx \x1B[2J

    Write everything: msncensus
    ");
}

#[test]
fn a_crowd_is_cut_to_one_screen() {
    let observations: Vec<_> = (0..=255)
        .map(|client| {
            let request = format!("CVR 2 0x0409 os{client} 5.1 i386 MSNMSGR 6.0.{client} MSMSGS u{client}@example.com");
            judged(Verdict::Required, observation(client, u64::from(client) * 2, request.as_bytes(), REPLY))
        })
        .collect();
    let inputs: Vec<_> = (0..20).map(|n| input(&format!("{n}.pcap"), InputStatus::Ok, n)).collect();
    let text = screen(&summary(&observations, &inputs, &[]), PLAIN);
    assert!(text.lines().count() <= 48, "{} lines", text.lines().count());
    assert!(text.contains("  and 246 more\n") && text.contains("  and 16 more\n"));
}

/// Text of any kind: what is wide, what joins what is before it, what turns it, what controls a terminal.
fn any_text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(
        &[
            "日本語",
            "e\u{301}\u{327}",
            "\u{2764}\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "👩\u{200d}👩\u{200d}👧",
            "🇯🇵",
            "עברית",
            "لا",
            "\u{202e}",
            "\u{1b}[31m",
            "\u{9b}2J",
            "\t",
            "\r\n",
            "\u{ad}",
            "\u{200b}",
            "ﷺ",
            "ｗｉｄｅ",
            "x",
            " ",
            "word ",
        ][..],
    );
    prop_oneof![prop::collection::vec(odd, 0..60).prop_map(|words| words.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn no_line_is_too_wide_and_no_control_passes_whatever_was_captured(
        texts in prop::collection::vec(any_text(), 1..8), count: u32, unicode: bool, colour: bool,
    ) {
        let mut population = Population::default();
        for observation in small() {
            population.push(&observation);
        }
        let mut rows = population.rows();
        let mut labels = texts.iter().cycle();
        for row in &mut rows {
            row.label = labels.next().unwrap().clone().into_bytes();
            row.clients = count.into();
            row.share_clients = Share { part: count.into(), whole: count.into() };
        }
        let inputs: Vec<_> = texts.iter().map(|text| input(text, InputStatus::Damaged, count.into())).collect();
        let summary = Summary::new(&rows, &[], &inputs, &texts, "msncensus");
        let text = screen(&summary, Look { unicode, colour });
        let bare = anstream::adapter::strip_str(&text).to_string();
        prop_assert!(!bare.chars().any(|char| char.is_control() && char != '\n'), "{:?}", bare);
    }
}
