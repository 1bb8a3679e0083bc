//! The screen in several sizes, as text; and that no size and no text leads to a panic.

#![expect(clippy::unicode_not_nfc, reason = "names come as they were sent")]

use msncensus::census::Verdict;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::super::state::State;
use super::super::state::tests::{NOON, hear, login};
use super::*;

const PLAIN: Look = Look { unicode: true, colour: false };
const MEMORY: Option<u64> = Some(23 << 20);

/// What is known after two minutes without a login.
fn nothing() -> Picture {
    let mut state = State::default();
    hear(&mut state, 0, NOON, 120);
    state.picture(MEMORY)
}

/// What is known after an hour of logins of several kinds.
fn much() -> Picture {
    let kinds = [
        ("6.0.0602", "MSN Messenger 6.0", "en-US", "u***@a.example.com", Verdict::Required),
        ("7.5.0324", "MSN Messenger 7.5", "ja-JP", "日***@b.example.com", Verdict::UpToDate),
        ("8.5.1302", "Windows Live Messenger 8.5", "pt-BR", "Ж***@c.example.com", Verdict::Recommended),
        ("7.0.0777", "MSN Messenger 7.0", "ca-ES-valencia", r"\***@\x1B[2J.example.com", Verdict::Unrecognised),
        ("5.0.0544", "MSN Messenger 5.0", "de-DE", "e\u{301}***@d.example.com", Verdict::Rejected),
        ("1.0.0863", "(others)", "unknown", "unknown", Verdict::Undetermined),
    ];
    let mut state = State::default();
    hear(&mut state, 4_000, NOON.plus_seconds(-3_600), 3_600);
    for (at, id) in (-3_600_i64..=0).step_by(40).zip(0..) {
        hear(&mut state, 5_000 + id * 7, NOON.plus_seconds(at), 3_601);
        let spread = usize::try_from(id * id % 23 / 3).unwrap();
        let (version, product, locale, who, verdict) = kinds[spread.min(kinds.len() - 1)];
        let kind = [version, product, locale].map(str::to_owned);
        state.row(super::super::login::Login { values: kind, who: who.to_owned(), verdict, ..login(id, at, version) });
    }
    hear(&mut state, 1_234_567, NOON, 3_751);
    state.picture(MEMORY)
}

/// The screen as text, and how many lines can be scrolled out.
fn drawn(picture: &Picture, chosen: Chosen, news: Option<&str>, look: Look, size: (u16, u16)) -> (String, usize) {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let mut scroll_max = 0;
    terminal.draw(|frame| scroll_max = draw(frame, picture, chosen, news, look)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for line in buffer.content().chunks(usize::from(size.0)) {
        let mut cells = line.iter();
        let mut shown = String::new();
        while let Some(cell) = cells.next() {
            shown.push_str(cell.symbol());
            // A wide character covers the cells after its own.
            for _ in 1..cell.symbol().width() {
                cells.next();
            }
        }
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    (text, scroll_max)
}

fn screen(picture: &Picture, size: (u16, u16)) -> String {
    drawn(picture, Chosen::default(), None, PLAIN, size).0
}

#[test]
fn before_anybody_came() {
    insta::assert_snapshot!(screen(&nothing(), (80, 24)), @r#"
    eth0: listening, 0 packets/s, run for 2 min 0 s          2003-09-14 12:00:00 UTC
    Clients now 0  in the last hour 0  today 0   exchanges 12,345
    0 packets, 7 lost, 3 gaps in MSNP streams   memory 23 MB
    Logins                                                               peak 0
                                                                         a minute
    Client versions of today's clients, by what servers told them
      none yet





    Last exchanges
      none yet









    q end  p pause  tab next list  ↑↓ scroll  ? help
    "#);
}

#[test]
fn on_80_columns_and_24_lines() {
    insta::assert_snapshot!(screen(&much(), (80, 24)), @r#"
    eth0: listening, 8,149 packets/s, run for 1 h 2 min      2003-09-14 12:00:00 UTC
    Clients now 8  in the last hour 91  today 91   exchanges 12,345
    1,234,567 packets, 7 lost, 3 gaps in MSNP streams   memory 23 MB
    Logins   █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █   peak 2
            ████████████████████████████████████████████████████████████ a minute
    Client versions of today's clients, by what servers told them
    6.0.0602          ██████████████████████████         19  20.9% required
    1.0.0863          ......................             16  17.6% undetermined
    5.0.0544          xxxxxxxxxxxxxxxxxxxxxx             16  17.6% rejected
    7.5.0324          ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒             16  17.6% up_to_date
    8.5.1302          ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓             16  17.6% recommended
    7.0.0777          ░░░░░░░░░░░                         8   8.8% unrecognised
    Last exchanges
    12:00:00 日***@b.example.com 7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    11:59:20 \***@\x1B[2J.examp… 7.0.0777       MSN Messenger 7.0 ca-E… unrecognised
    11:58:40 unknown             1.0.0863       (others)          unkn… undetermined
    11:58:00 u***@a.example.com  6.0.0602       MSN Messenger 6.0 en-US required
    11:57:20 é***@d.example.com  5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:56:40 日***@b.example.com 7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    11:56:00 unknown             1.0.0863       (others)          unkn… undetermined
    11:55:20 é***@d.example.com  5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:54:40 Ж***@c.example.com  8.5.1302       Windows Live Mes… pt-BR recommended
    11:54:00 Ж***@c.example.com  8.5.1302       Windows Live Mes… pt-BR recommended
    q end  p pause  tab next list  ↑↓ scroll  ? help
    "#);
}

#[test]
fn on_a_large_terminal() {
    insta::assert_snapshot!(screen(&much(), (120, 40)), @r#"
    eth0: listening, 8,149 packets/s, run for 1 h 2 min                                              2003-09-14 12:00:00 UTC
    Clients now 8  in the last hour 91  today 91   exchanges 12,345
    1,234,567 packets, 7 lost, 3 gaps in MSNP streams   memory 23 MB
    Logins   █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █   peak 2
            ████████████████████████████████████████████████████████████ a minute
    Client versions of today's clients, by what servers told them
    6.0.0602                                 ███████████████████████████████████████████         19  20.9% required
    1.0.0863                                 ....................................                16  17.6% undetermined
    5.0.0544                                 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx                16  17.6% rejected
    7.5.0324                                 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒                16  17.6% up_to_date
    8.5.1302                                 ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓                16  17.6% recommended
    7.0.0777                                 ░░░░░░░░░░░░░░░░░░                                   8   8.8% unrecognised
















    Last exchanges
    12:00:00 日***@b.example.com                  7.5.0324          MSN Messenger 7.5            ja-JP          up_to_date
    11:59:20 \***@\x1B[2J.example.com             7.0.0777          MSN Messenger 7.0            ca-ES-valencia unrecognised
    11:58:40 unknown                              1.0.0863          (others)                     unknown        undetermined
    11:58:00 u***@a.example.com                   6.0.0602          MSN Messenger 6.0            en-US          required
    11:57:20 é***@d.example.com                   5.0.0544          MSN Messenger 5.0            de-DE          rejected
    11:56:40 日***@b.example.com                  7.5.0324          MSN Messenger 7.5            ja-JP          up_to_date
    11:56:00 unknown                              1.0.0863          (others)                     unknown        undetermined
    11:55:20 é***@d.example.com                   5.0.0544          MSN Messenger 5.0            de-DE          rejected
    11:54:40 Ж***@c.example.com                   8.5.1302          Windows Live Messenger 8.5   pt-BR          recommended
    11:54:00 Ж***@c.example.com                   8.5.1302          Windows Live Messenger 8.5   pt-BR          recommended
    q end  p pause  tab next list  ↑↓ scroll  ? help
    "#);
}

#[test]
fn on_small_terminals() {
    let sizes = [(60, 18), (40, 10), (20, 5)].map(|size| screen(&much(), size));
    insta::assert_snapshot!(sizes.join("----\n"), @r#"
    eth0: listening, 8,149 packets/s, run for 1 h 2 min
    Clients now 8  hour 91  today 91
    1,234,567 packets, 7 lost, 3 gaps
    Logins   █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █
            ████████████████████████████████████████████████████
    Client versions today, 1 to 4 of 6
    6.0.0602       ████████████████████████      19 required
    1.0.0863       ....................          16 undetermined
    5.0.0544       xxxxxxxxxxxxxxxxxxxx          16 rejected
    7.5.0324       ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒          16 up_to_date
    Last exchanges
    12:00:00 日***@b.example.c… up_to_date
    11:59:20 \***@\x1B[2J.exam… unrecognised
    11:58:40 unknown            undetermined
    11:58:00 u***@a.example.com required
    11:57:20 é***@d.example.com rejected
    11:56:40 日***@b.example.c… up_to_date
    q end  p pause  tab next list  ↑↓ scroll  ? help
    ----
    eth0: listening, 8,149/s, 1 h 2 min
    Clients now 8  hour 91  today 91
    1,234,567 packets, 7 lost, 3 gaps
    Client versions today, 1 to 2 of 6
    6.0.0602            19 required
    1.0.0863            16 undetermined
    Last exchanges
    12:00:00 日***@b.example.c… up_to_date
    11:59:20 \***@\x1B[2J.exam… unrecognised
    q end  ? help
    ----
    eth0: 8,149/s
    now 8 91 91
    Client versions
    6.0.0602          19
    q end  ? help
    "#);
}

#[test]
fn in_ascii() {
    insta::assert_snapshot!(drawn(&much(), Chosen::default(), None, Look::default(), (80, 24)).0, @r#"
    eth0: listening, 8,149 packets/s, run for 1 h 2 min      2003-09-14 12:00:00 UTC
    Clients now 8  in the last hour 91  today 91   exchanges 12,345
    1,234,567 packets, 7 lost, 3 gaps in MSNP streams   memory 23 MB
    Logins   # # # # # # # # # # # # # # # # # # # # # # # # # # # # #   peak 2
            ############################################################ a minute
    Client versions of today's clients, by what servers told them
    6.0.0602          ##########################         19  20.9% required
    1.0.0863          ......................             16  17.6% undetermined
    5.0.0544          xxxxxxxxxxxxxxxxxxxxxx             16  17.6% rejected
    7.5.0324          ======================             16  17.6% up_to_date
    8.5.1302          ++++++++++++++++++++++             16  17.6% recommended
    7.0.0777          ???????????                         8   8.8% unrecognised
    Last exchanges
    12:00:00 ?***@b.example.com  7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    11:59:20 \***@\x1B[2J.exa... 7.0.0777       MSN Messenger 7.0 ca... unrecognised
    11:58:40 unknown             1.0.0863       (others)          un... undetermined
    11:58:00 u***@a.example.com  6.0.0602       MSN Messenger 6.0 en-US required
    11:57:20 e?***@d.example.com 5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:56:40 ?***@b.example.com  7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    11:56:00 unknown             1.0.0863       (others)          un... undetermined
    11:55:20 e?***@d.example.com 5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:54:40 ?***@c.example.com  8.5.1302       Windows Live M... pt-BR recommended
    11:54:00 ?***@c.example.com  8.5.1302       Windows Live M... pt-BR recommended
    q end  p pause  tab next list  j k scroll  ? help
    "#);
}

#[test]
fn with_help_over_it() {
    let chosen = Chosen { is_helping: true, ..Chosen::default() };
    insta::assert_snapshot!(drawn(&much(), chosen, None, PLAIN, (80, 24)).0, @r#"
    eth0: listening, 8,149 packets/s, run for 1 h 2 min      2003-09-14 12:00:00 UTC
    Clients now 8  in the last hour 91  today 91   exchanges 12,345
    1,234,567 packets, 7 lost, 3 gaps in MSNP streams   memory 23 MB
    Logins   █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █   peak 2
            ████████████████████████████████████████████████████████████ a minute
    Client versions of today's clients, by what servers told them
              ┌ msncensus ───────────────────────────────────────────────┐
              │ q  Esc  Ctrl-C  end; all rows are written                │
              │ p  space        pause the screen, not the capture        │
              │ tab             by version, by product, by locale        │
              │ up down  k j    scroll the list                          │
              │ PgUp PgDn       scroll it faster                         │
              │ Home End        to its beginning, to its end             │
              │ ?               this help; any key closes it             │
              │                                                          │
              │ N+              at least N: there were too many to count │
              └──────────────────────────────────────────────────────────┘
    11:57:20 é***@d.example.com  5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:56:40 日***@b.example.com 7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    11:56:00 unknown             1.0.0863       (others)          unkn… undetermined
    11:55:20 é***@d.example.com  5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:54:40 Ж***@c.example.com  8.5.1302       Windows Live Mes… pt-BR recommended
    11:54:00 Ж***@c.example.com  8.5.1302       Windows Live Mes… pt-BR recommended
    q end  p pause  tab next list  ↑↓ scroll  ? help
    "#);
}

#[test]
fn paused_with_news_and_another_list() {
    let chosen = Chosen { by: 2, scroll: 3, is_paused: true, ..Chosen::default() };
    let news = "eth0: the interface is down; listening goes on, and this is longer than the line below everything";
    insta::assert_snapshot!(drawn(&much(), chosen, Some(news), PLAIN, (80, 16)).0, @r#"
    eth0: listening, 8,149 packets/s, run for 1 h 2 min      2003-09-14 12:00:00 UTC
    Clients now 8  in the last hour 91  today 91   exchanges 12,345
    1,234,567 packets, 7 lost, 3 gaps in MSNP streams   memory 23 MB
    Locales of today's clients, by what servers told them, 3 to 6 of 6
    ja-JP             ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒             16  17.6% up_to_date
    pt-BR             ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓             16  17.6% recommended
    unknown           ......................             16  17.6% undetermined
    ca-ES-valencia    ░░░░░░░░░░░                         8   8.8% unrecognised
    Last exchanges
    12:00:00 日***@b.example.com 7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    11:59:20 \***@\x1B[2J.examp… 7.0.0777       MSN Messenger 7.0 ca-E… unrecognised
    11:58:40 unknown             1.0.0863       (others)          unkn… undetermined
    11:58:00 u***@a.example.com  6.0.0602       MSN Messenger 6.0 en-US required
    11:57:20 é***@d.example.com  5.0.0544       MSN Messenger 5.0 de-DE rejected
    11:56:40 日***@b.example.com 7.5.0324       MSN Messenger 7.5 ja-JP up_to_date
    eth0: the interface is down; listening goes on, and this is longer than  PAUSED
    "#);
}

#[test]
fn bars_have_the_colours_of_their_verdicts_or_their_characters() {
    let picture = much();
    let bars = |look: Look| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal
            .draw(|frame| {
                draw(frame, &picture, Chosen::default(), None, look);
            })
            .unwrap();
        // Where the bars of the list begin.
        let bar = |line| terminal.backend().buffer().cell((18, line)).map(|cell| (cell.symbol().to_owned(), cell.fg));
        (6..12).filter_map(bar).collect::<Vec<_>>()
    };
    let (symbols, colours): (Vec<_>, Vec<_>) = bars(PLAIN).into_iter().unzip();
    assert_eq!(symbols, ["█", ".", "x", "▒", "▓", "░"]);
    assert!(colours.iter().all(|colour| *colour == Color::Reset), "{colours:?}");
    let (symbols, colours): (Vec<_>, Vec<_>) = bars(Look { unicode: true, colour: true }).into_iter().unzip();
    assert_eq!(symbols, ["█"; 6]);
    let [red, green, yellow, magenta, cyan] = [1, 2, 3, 5, 6].map(Color::Indexed);
    assert_eq!(colours, [red, Color::Reset, magenta, green, yellow, cyan]);
}

#[test]
fn lists_scroll_to_their_end() {
    let chosen = Chosen { scroll: 999, ..Chosen::default() };
    let (text, scroll_max) = drawn(&much(), chosen, None, PLAIN, (80, 12));
    assert!(text.contains(&format!("{} to 6 of 6", scroll_max + 1)), "{text}");
}

#[test]
fn each_line_has_its_place_at_every_height() {
    for height in 0..60 {
        let Lines { title, clients, lost, chart, groups, exchanges, bottom } = Lines::of(height);
        assert_eq!(title + clients + lost + chart + groups + exchanges + bottom, height);
    }
    let usual = Lines::of(24);
    assert_eq!((usual.exchanges, usual.groups), (LAST_LINES, 7), "ten exchanges and six groups");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_size_and_any_words_are_drawn(
        size in (1_u16..130, 1_u16..50), by in 0_usize..4, scroll in 0_usize..20, word in any::<String>(),
        unicode in any::<bool>(), is_helping in any::<bool>(),
    ) {
        let mut picture = much();
        picture.run.input.clone_from(&word);
        picture.groups.iter_mut().flatten().for_each(|group| group.name.clone_from(&word));
        picture.recent.iter_mut().for_each(|login| login.who.clone_from(&word));
        let chosen = Chosen { by, scroll, is_paused: true, is_helping };
        drawn(&picture, chosen, Some(&word), Look { unicode, colour: true }, size);
    }
}
