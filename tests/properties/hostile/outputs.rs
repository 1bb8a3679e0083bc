//! Every output, and what must hold of it.

use msncensus::anomaly::Severity;
use msncensus::capture::ReadOptions;
use msncensus::census::{Census, Observation, Room, Step};
use msncensus::packet::Timestamp;
use msncensus::privacy::Level;
use msncensus::report::{
    AnomalyRow, Context, CsvOptions, EXCHANGES, Format, Heading, InputRow, InputStatus, Kind, Look, PacketWriter, Page,
    RAW, Sources, Summary, TableWriter, Value, remarks,
};
use msncensus::text::looks_like_number;
use roxmltree::{Document, Node, ParsingOptions};

use super::{COLUMNS, ROWS, Texts, texts};
use crate::support::LOGIN;
use crate::support::conversation::Action;
use crate::support::engine::{analyse, as_packet, read};
use crate::support::frame::frame;
use crate::support::packet::Side;
use crate::support::script::Script;

/// What is wrong with an output, if anything is.
type Verdict = Result<(), String>;

/// An output by its name, and what looks for faults in what is written of texts.
type Output = (&'static str, fn(&Texts) -> Verdict);

/// Every output.
pub(super) const OUTPUTS: &[Output] = &[
    ("CSV", |texts| csv(texts, CsvOptions { verbatim: false, excel: false })),
    ("CSV, verbatim", |texts| csv(texts, CsvOptions { verbatim: true, excel: false })),
    ("CSV for Excel", |texts| csv(texts, CsvOptions { verbatim: false, excel: true })),
    ("CSV for Excel, verbatim", |texts| csv(texts, CsvOptions { verbatim: true, excel: true })),
    ("NDJSON", ndjson),
    ("aligned text", aligned),
    #[cfg(feature = "parquet")]
    ("Parquet", parquet),
    ("the table of exchanges", exchanges),
    ("the page", page),
    ("the summary", summary),
    ("remarks on packets", remarks_on_packets),
];

/// The names of the columns, and that of the doubts in front of them.
const NAMES: [&str; 1 + COLUMNS] = ["flags", "a", "b", "c", "d"];

/// The signs that make a formula of a cell, in the spreadsheets that there are.
const FORMULA_SIGNS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

fn sure(holds: bool, what: &str, of: &dyn std::fmt::Debug) -> Verdict {
    if holds { Ok(()) } else { Err(format!("{what}: {of:?}")) }
}

/// The output as text; it must hold nothing that a terminal or an editor would obey, but for ends of lines.
fn harmless(output: &[u8]) -> Result<&str, String> {
    let text = str::from_utf8(output).map_err(|error| error.to_string())?;
    let obeyed = |char: &char| {
        let turns =
            matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || matches!(char, '\u{2028}' | '\u{2029}') || (char.is_control() && *char != '\n')
    };
    sure(!text.contains(|char| obeyed(&char)), "would be obeyed", &text)?;
    Ok(text)
}

/// The bytes that a cell stands for: each `\xNN` is a byte.
fn bytes_of(cell: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = cell.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let [first, behind @ ..] = rest {
        let escaped = match rest {
            [b'\\', b'x', high, low, behind @ ..] => digit(*high).zip(digit(*low)).map(|digits| (digits, behind)),
            _ => None,
        };
        let (byte, left) = escaped.map_or((*first, behind), |((high, low), behind)| (high * 16 + low, behind));
        bytes.push(byte);
        rest = left;
    }
    bytes
}

/// The texts as a table in `format`.
fn table(texts: &Texts, format: Format) -> Vec<u8> {
    let mut output = Vec::new();
    let mut report = format.report(&mut output);
    report.begin(&NAMES.map(|name| Heading { name, kind: Kind::Text, doc: "" })).unwrap();
    for row in texts {
        let mut cells = vec![Value::Flags(msncensus::flags::Flags::NONE)];
        cells.extend(row.iter().map(|text| Value::text(Some(text))));
        report.row(&cells).unwrap();
    }
    report.finish().unwrap();
    drop(report);
    output
}

fn csv(texts: &Texts, options: CsvOptions) -> Verdict {
    csv_of(table(texts, Format::Csv(options)), texts, options)
}

fn csv_of(written: Vec<u8>, texts: &Texts, options: CsvOptions) -> Verdict {
    let (mark, line_end) = if options.excel { ("\u{feff}", "\r\n") } else { ("", "\n") };
    let text = String::from_utf8(written).map_err(|error| error.to_string())?;
    let text = text.strip_prefix(mark).ok_or("no byte order mark")?.replace(line_end, "\n");
    sure(harmless(text.as_bytes())?.lines().count() == 1 + ROWS, "not one line a row", &text)?;
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let records: Vec<_> = reader.records().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    sure(records.len() == ROWS, "not all rows", &records)?;
    for (record, row) in records.iter().zip(texts) {
        let mut guarded = false;
        for (cell, sent) in record.iter().skip(1).zip(row) {
            let is_formula = |cell: &str| cell.trim_start_matches('\'').starts_with(FORMULA_SIGNS);
            let is_guarded = !options.verbatim && is_formula(cell);
            guarded |= is_guarded;
            sure(!is_guarded || cell.starts_with('\''), "runs as a formula", &cell)?;
            let is_quoted = is_guarded || (options.excel && looks_like_number(cell));
            let bare = if is_quoted { cell.strip_prefix('\'').ok_or("no apostrophe")? } else { cell };
            sure(bytes_of(bare) == *sent, "does not come back", &(cell, sent))?;
        }
        sure((&record[0] == "guarded") == guarded, "does not say whether it is guarded", record)?;
    }
    Ok(())
}

fn ndjson(texts: &Texts) -> Verdict {
    let written = table(texts, Format::Ndjson);
    let lines: Vec<_> = harmless(&written)?.lines().collect();
    sure(lines.len() == ROWS, "not one line a row", &lines)?;
    for (line, row) in lines.iter().zip(texts) {
        let object: serde_json::Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        for (name, sent) in NAMES.iter().skip(1).zip(row) {
            let back = object[*name].as_str().map(bytes_of).unwrap_or_default();
            sure(back == *sent, "does not come back", &(line, sent))?;
        }
    }
    Ok(())
}

/// One text a row: where columns stand side by side, nothing tells where one ends.
fn aligned(texts: &Texts) -> Verdict {
    let mut output = Vec::new();
    let mut report = Format::Table.report(&mut output);
    report.begin(&[Heading { name: "text", kind: Kind::Text, doc: "" }]).unwrap();
    for sent in texts.as_flattened() {
        report.row(&[Value::text(Some(sent))]).unwrap();
    }
    report.finish().unwrap();
    drop(report);
    let lines: Vec<_> = harmless(&output)?.split_terminator('\n').collect();
    sure(lines.len() == 1 + ROWS * COLUMNS, "not one line a row", &lines)?;
    for (line, sent) in lines.iter().skip(1).zip(texts.as_flattened()) {
        let back = bytes_of(line);
        // Blanks at the end of a line are left out.
        let blank = sent.strip_prefix(back.as_slice()).map(String::from_utf8_lossy);
        sure(blank.is_some_and(|rest| rest.trim().is_empty()), "does not come back", &(line, sent))?;
    }
    Ok(())
}

#[cfg(feature = "parquet")]
fn parquet(texts: &Texts) -> Verdict {
    use std::io::Write;

    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&table(texts, Format::Parquet)).unwrap();
    let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
    let rows: Vec<_> =
        reader.get_row_iter(None).unwrap().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    sure(rows.len() == ROWS, "not all rows", &rows)?;
    for (written, row) in rows.iter().zip(texts) {
        for ((_, field), sent) in written.get_column_iter().skip(1).zip(row) {
            let back = if let Field::Str(text) = field { bytes_of(harmless(text.as_bytes())?) } else { Vec::new() };
            sure(back == *sent, "does not come back", &(field, sent))?;
        }
    }
    Ok(())
}

/// The lines of a login whose words are these texts.
fn lines(texts: &Texts) -> [Vec<u8>; 2] {
    let words = |at: usize, count: usize| {
        // All of them together are no longer than a line may be.
        let words = texts.as_flattened().iter().cycle().skip(at).take(count);
        words.fold(b"CVR 2".to_vec(), |line, text| {
            let word = texts::word(text);
            [line.as_slice(), b" ", word.get(..700).unwrap_or(&word)].concat()
        })
    };
    [words(0, 9), words(9, 5)]
}

/// What is found of that login.
fn observed(texts: &Texts) -> Result<Observation, String> {
    let mut script = Script::parse(LOGIN).unwrap();
    let said = script.conversations[0].steps.iter_mut().filter_map(|step| match &mut step.action {
        Action::Say(side, bytes) if bytes.starts_with(b"CVR") => Some((*side, bytes)),
        _ => None,
    });
    let [request, reply] = lines(texts);
    for (side, bytes) in said {
        let line = if side == Side::Client { &request } else { &reply };
        *bytes = [line, &b"\r\n"[..]].concat();
    }
    let found = analyse(&script.packets());
    let count = found.observations.len();
    found.observations.into_iter().next().filter(|_| count == 1).ok_or(format!("{count} rows"))
}

fn exchanges(texts: &Texts) -> Verdict {
    let row = observed(texts)?;
    for format in [Format::Csv(CsvOptions::default()), Format::Ndjson, Format::Table] {
        let mut output = Vec::new();
        let mut writer = TableWriter::new(EXCHANGES.columns.iter().chain(&RAW), format.report(&mut output)).unwrap();
        writer.push(&row, &Context::default()).unwrap();
        writer.finish().unwrap();
        let text = harmless(&output)?;
        sure(text.lines().count() == if format == Format::Ndjson { 1 } else { 2 }, "not one line a row", &text)?;
        if format == Format::Ndjson {
            let object: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            for (name, line) in ["raw_request", "raw_reply"].into_iter().zip(lines(texts)) {
                let back = object[name].as_str().map(bytes_of);
                sure(back.as_ref() == Some(&line), "does not come back", &(object[name].as_str(), line))?;
            }
        }
    }
    Ok(())
}

/// A text as the name of a file may hold it, or what is told of one.
fn told(texts: &Texts) -> String {
    String::from_utf8_lossy(&texts[0][0]).into_owned()
}

/// What a census of that login holds, with its text in every place that text reaches.
struct Found {
    census: Census,
    inputs: Vec<InputRow>,
    anomalies: Vec<AnomalyRow>,
    told: String,
}

impl Found {
    fn of(texts: &Texts) -> Result<Self, String> {
        let row = observed(texts)?;
        let told = told(texts);
        let time = Timestamp::from_nanos(1_063_540_800_000_000_000);
        let anomaly = AnomalyRow {
            time: Some(time),
            severity: Severity::Error,
            kind: "damaged".into(),
            input: told.clone(),
            frame: Some(7),
            offset: None,
            ends: Some(["192.0.2.1:1042".parse().unwrap(), "198.51.100.5:1863".parse().unwrap()]),
            detail: told.clone(),
        };
        let input = InputRow {
            input: told.clone(),
            status: InputStatus::Damaged,
            error: told.clone(),
            first_seen: Some(time),
            last_seen: Some(time),
            ..InputRow::default()
        };
        let mut census = Census::within(Room::ENDLESS, Step::parse("1m").unwrap());
        census.push(&row);
        Ok(Self { census, inputs: vec![input], anomalies: vec![anomaly], told })
    }
}

fn page(texts: &Texts) -> Verdict {
    let Found { census, inputs, anomalies, told } = Found::of(texts)?;
    let warnings = [told.clone(), told.clone(), told.clone()];
    let sources = Sources {
        population: &census.population,
        upgrades: &census.upgrades,
        timeline: &census.timeline.finish(),
        inputs: &inputs,
        anomalies: &anomalies,
        warnings: &warnings,
        command: &told,
    };
    let mut output = Vec::new();
    Page::new(&sources).write(&mut output).unwrap();
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(harmless(&output)?, options).map_err(|error| error.to_string())?;
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let runs = ["script", "iframe", "object", "embed", "img", "link", "base", "form", "a"].contains(&name);
        let leads = |attribute: roxmltree::Attribute<'_, '_>| {
            let (name, value) = (attribute.name(), attribute.value());
            name.starts_with("on")
                || ["style", "src", "srcset", "action", "formaction"].contains(&name)
                || (name == "href" && !value.starts_with('#'))
        };
        let is_anchor = name == "a" && node.attribute("href").is_some_and(|href| href.starts_with('#'));
        sure((!runs || is_anchor) && !node.attributes().any(leads), "runs, loads or leads elsewhere", &node)?;
    }
    Ok(())
}

fn summary(texts: &Texts) -> Verdict {
    let Found { census, inputs, told, .. } = Found::of(texts)?;
    let (population, upgrades) = (census.population.rows(), census.upgrades.rows());
    let summary = Summary::new(&population, &upgrades, &inputs, std::slice::from_ref(&told), &told);
    for unicode in [false, true] {
        let plain = summary.render(Look { unicode, colour: false });
        harmless(plain.as_bytes())?;
        sure(unicode || plain.is_ascii(), "not ASCII", &plain)?;
        // All escape sequences are colours: what is captured has none.
        let coloured = summary.render(Look { unicode, colour: true });
        let mut parts = coloured.split("\x1b[");
        let mut own = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let behind = part.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';').strip_prefix('m');
            own.push_str(behind.ok_or_else(|| format!("an escape sequence: {part:?}"))?);
        }
        harmless(own.as_bytes())?;
    }
    Ok(())
}

fn remarks_on_packets(texts: &Texts) -> Verdict {
    let row = observed(texts)?;
    let sent = frame(&Script::parse(LOGIN).unwrap().packets()[5]);
    let mut output = Vec::new();
    let mut writer = PacketWriter::new(&mut output).unwrap();
    let mut count = 0;
    for (_, remark) in remarks(&row, Level::None) {
        sure(!harmless(remark.as_bytes())?.contains('\n'), "more than one line", &remark)?;
        count += 1;
        writer.push(&as_packet(0, count, &sent), &told(texts), &remark).unwrap();
    }
    writer.finish().unwrap();
    let back = read(&output, ReadOptions::default());
    let is_same = back.packets.iter().all(|packet| packet.data == sent.data);
    sure(!back.is_told() && is_same && back.packets.len() == 2, "does not read back", &back.error)
}

#[test]
fn the_checks_find_what_they_look_for() {
    for obeyed in ["\x1b[2J", "\u{9b}2J", "exe.\u{202e}gpj", "\u{2028}", "a\rb", "\0"] {
        assert!(harmless(obeyed.as_bytes()).is_err(), "{obeyed:?}");
    }
    assert!(harmless(b"\xed\xa0\x80").is_err());
    assert_eq!(bytes_of(r"a\x5Cx41\xfF\x4"), b"a\\x41\xff\\x4");
    let texts: Texts = std::array::from_fn(|_| std::array::from_fn(|_| b"=1".to_vec()));
    let (verbatim, guarded) = (CsvOptions { verbatim: true, excel: false }, CsvOptions::default());
    let written = |options| table(&texts, Format::Csv(options));
    assert!(csv_of(written(verbatim), &texts, guarded).unwrap_err().starts_with("runs as a formula"));
    assert!(csv_of(written(guarded), &texts, verbatim).unwrap_err().starts_with("does not come back"));
    assert_eq!(csv_of(written(guarded), &texts, guarded), Ok(()));
}
