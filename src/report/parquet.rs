//! Parquet: columns with their types, for programs that load tables.
//!
//! | kind | Parquet |
//! |---|---|
//! | text | `BYTE_ARRAY`, a string: the same text as in the NDJSON |
//! | integer | `INT64` |
//! | decimal | `FIXED_LEN_BYTE_ARRAY(9)`, a decimal of 19 digits, as many as 64 bits can have: exact |
//! | boolean | `BOOLEAN` |
//! | time | `INT64`, a timestamp in nanoseconds, UTC |
//!
//! Every column may hold nothing, which is `null`. Rows are kept until they are [`PARQUET_ROWS_MAX`] or their text is
//! [`PARQUET_TEXT_MAX`] bytes, and go out as one row group; without the footer at its end nothing reads the file.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::value::DECIMAL_DIGITS;
use super::{Heading, Kind, Report, Value};
use crate::limits::{PARQUET_ROWS_MAX, PARQUET_TEXT_MAX};

/// Bytes of the smallest number that has room for [`DECIMAL_DIGITS`].
const DECIMAL_LEN: usize = 9;

/// A cell that is there, and one that is not.
const PRESENT: i16 = 1;
const ABSENT: i16 = 0;

/// Writes a table as Parquet.
pub struct Parquet<W> {
    output: W,
    /// Makes the file, part by part, in memory. `None` before the table begins.
    file: Option<SerializedFileWriter<Vec<u8>>>,
    /// The rows that are in no row group yet.
    columns: Vec<Cells>,
    rows: usize,
    text_len: usize,
}

/// The cells of one column.
struct Cells {
    /// For each row, whether there is a value.
    levels: Vec<i16>,
    values: Values,
}

/// The values of those that are there.
enum Values {
    Text {
        /// One after the other.
        bytes: Vec<u8>,
        /// Where each ends.
        ends: Vec<usize>,
    },
    Integers(Vec<i64>),
    Decimals(Vec<i64>),
    Truths(Vec<bool>),
}

impl<W: Write> Parquet<W> {
    /// Parquet to `output`.
    pub const fn new(output: W) -> Self {
        Self { output, file: None, columns: Vec::new(), rows: 0, text_len: 0 }
    }

    /// Hands on a row group of the rows that are kept, if there are any, and whatever else was made.
    fn hand_on(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if mem::take(&mut self.rows) > 0 {
            self.text_len = 0;
            write_group(file, &mut self.columns).map_err(io_error)?;
        }
        file.flush()?;
        self.output.write_all(file.inner())?;
        file.inner_mut().clear();
        Ok(())
    }
}

impl<W: Write> Report for Parquet<W> {
    fn begin(&mut self, headings: &[Heading]) -> io::Result<()> {
        let fields = headings.iter().map(|heading| field(heading).map(Arc::new)).collect::<Result<_>>();
        let schema = fields.and_then(|fields| Type::group_type_builder("schema").with_fields(fields).build());
        // Who reads all of a table needs no index of its pages, and a footer can be made without them at any time.
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let schema = Arc::new(schema.map_err(io_error)?);
        self.file = Some(SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).map_err(io_error)?);
        self.columns = headings.iter().map(|heading| Cells::of(heading.kind)).collect();
        Ok(())
    }

    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.text_len += column.push(cell);
        }
        self.rows += 1;
        if self.rows >= PARQUET_ROWS_MAX || self.text_len >= PARQUET_TEXT_MAX {
            self.hand_on()?;
        }
        Ok(())
    }

    /// Rows that wait for their row group go on waiting: nobody could read them without the footer.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn so_far(&mut self) -> io::Result<Vec<u8>> {
        self.hand_on()?;
        self.output.flush()?;
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        footer(file).map_err(io_error)
    }

    fn finish(&mut self) -> io::Result<()> {
        let footer = self.so_far()?;
        self.output.write_all(&footer)?;
        self.output.flush()
    }
}

/// The column of that heading.
fn field(heading: &Heading) -> Result<Type> {
    let (physical, logical) = match heading.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Decimal(decimals) => {
            (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(decimals.into(), DECIMAL_DIGITS.into())))
        }
        Kind::Boolean => (Physical::BOOLEAN, None),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::NANOS))),
    };
    let field = Type::primitive_type_builder(heading.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    let Kind::Decimal(decimals) = heading.kind else { return field.build() };
    let len = i32::try_from(DECIMAL_LEN).unwrap_or_default();
    field.with_length(len).with_precision(DECIMAL_DIGITS.into()).with_scale(decimals.into()).build()
}

/// What makes a file of the row groups so far.
fn footer(file: &SerializedFileWriter<Vec<u8>>) -> Result<Vec<u8>> {
    let groups = file.flushed_row_groups().to_vec();
    let rows = groups.iter().map(RowGroupMetaData::num_rows).sum();
    let properties = file.properties();
    let created_by = Some(properties.created_by().to_owned());
    let version = properties.writer_version().as_num();
    let about = FileMetaData::new(version, rows, created_by, None, file.schema_descr().clone().into(), None);
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &ParquetMetaData::new(about, groups)).finish()?;
    Ok(footer)
}

fn write_group(file: &mut SerializedFileWriter<Vec<u8>>, columns: &mut [Cells]) -> Result<()> {
    let mut group = file.next_row_group()?;
    for cells in columns {
        let Some(column) = group.next_column()? else { break };
        cells.write(column)?;
    }
    group.close().map(drop)
}

impl Cells {
    const fn of(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Text { bytes: Vec::new(), ends: Vec::new() },
            Kind::Integer | Kind::Time => Values::Integers(Vec::new()),
            Kind::Decimal(_) => Values::Decimals(Vec::new()),
            Kind::Boolean => Values::Truths(Vec::new()),
        };
        Self { levels: Vec::new(), values }
    }

    /// Keeps a cell, and says how many bytes of text it takes. A value of another type than its column's cannot be written.
    fn push(&mut self, cell: &Value<'_>) -> usize {
        let before = self.values.text_len();
        let is_present = !cell.is_absent() && self.values.push(cell);
        self.levels.push(if is_present { PRESENT } else { ABSENT });
        self.values.text_len() - before
    }

    /// Writes the cells as a column of a row group, and forgets them.
    fn write(&mut self, column: SerializedColumnWriter<'_>) -> Result<()> {
        let levels = mem::take(&mut self.levels);
        match &mut self.values {
            Values::Text { bytes, ends } => {
                let all = ByteArray::from(mem::take(bytes));
                let starts = [0].into_iter().chain(ends.iter().copied());
                let values: Vec<_> = starts.zip(&*ends).map(|(start, end)| all.slice(start, end - start)).collect();
                ends.clear();
                write_column::<ByteArrayType>(column, &values, &levels)
            }
            Values::Integers(numbers) => write_column::<Int64Type>(column, &mem::take(numbers), &levels),
            Values::Decimals(numbers) => {
                let values: Vec<_> = mem::take(numbers).into_iter().map(decimal).collect();
                write_column::<FixedLenByteArrayType>(column, &values, &levels)
            }
            Values::Truths(truths) => write_column::<BoolType>(column, &mem::take(truths), &levels),
        }
    }
}

impl Values {
    const fn text_len(&self) -> usize {
        match self {
            Self::Text { bytes, .. } => bytes.len(),
            Self::Integers(_) | Self::Decimals(_) | Self::Truths(_) => 0,
        }
    }

    /// Keeps a value, if it is of this type.
    fn push(&mut self, cell: &Value<'_>) -> bool {
        match (self, cell) {
            (Self::Text { bytes, ends }, cell) => {
                cell.push_to(bytes);
                ends.push(bytes.len());
            }
            (Self::Integers(numbers), Value::Integer(number)) => numbers.push(*number),
            (Self::Integers(numbers), Value::Time(time)) => numbers.push(time.as_nanos()),
            (Self::Decimals(numbers), Value::Decimal { units, .. }) => numbers.push(*units),
            (Self::Truths(truths), Value::Boolean(truth)) => truths.push(*truth),
            _ => return false,
        }
        true
    }
}

/// The number, big-endian and with its sign.
fn decimal(units: i64) -> FixedLenByteArray {
    let bytes = i128::from(units).to_be_bytes();
    bytes.last_chunk::<DECIMAL_LEN>().map(|bytes| bytes.to_vec()).unwrap_or_default().into()
}

fn write_column<T: DataType>(mut column: SerializedColumnWriter<'_>, values: &[T::T], levels: &[i16]) -> Result<()> {
    column.typed::<T>().write_batch(values, Some(levels), None)?;
    column.close()
}

fn io_error(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;
    use proptest::prelude::*;

    use super::*;
    use crate::flags::{Flag, Flags};
    use crate::packet::Timestamp;
    use crate::report::{Ndjson, schemas};

    const KINDS: [Kind; 6] = [Kind::Text, Kind::Integer, Kind::Decimal(6), Kind::Boolean, Kind::Time, Kind::Text];

    fn headings() -> Vec<Heading> {
        ["a", "b", "c", "d", "e", "f"]
            .into_iter()
            .zip(KINDS)
            .map(|(name, kind)| Heading { name, kind, doc: "" })
            .collect()
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        String::from_utf8(bytes.to_vec()).unwrap().lines().map(str::to_owned).collect()
    }

    fn reader(bytes: &[u8]) -> SerializedFileReader<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        SerializedFileReader::new(file).unwrap()
    }

    /// What the NDJSON of a file is, cell by cell from what stands in it.
    fn read(file: &[u8]) -> Vec<String> {
        let reader = reader(file);
        let cell = |field: &Field, kind: Kind| match (field, kind) {
            (Field::Null, _) => "null".to_owned(),
            (Field::Str(text), Kind::Text) => serde_json::to_string(text).unwrap(),
            (Field::Long(number), Kind::Integer) => number.to_string(),
            (Field::Bool(truth), Kind::Boolean) => truth.to_string(),
            (Field::Long(nanos), Kind::Time) => format!("\"{}\"", Value::Time(Timestamp::from_nanos(*nanos))),
            (Field::Decimal(number), Kind::Decimal(decimals)) => {
                assert_eq!(number.scale(), i32::from(decimals));
                let sign = if number.data()[0] >= 0x80 { 0xff } else { 0 };
                let mut bytes = [sign; 16];
                bytes[16 - number.data().len()..].copy_from_slice(number.data());
                let units = i64::try_from(i128::from_be_bytes(bytes)).unwrap();
                Value::Decimal { units, decimals }.to_string()
            }
            other => panic!("{other:?}"),
        };
        let line = |row: ::parquet::record::Row| {
            let cells = row.get_column_iter().zip(KINDS);
            let cells: Vec<_> =
                cells.map(|((name, field), kind)| format!("\"{name}\":{}", cell(field, kind))).collect();
            format!("{{{}}}", cells.join(","))
        };
        reader.get_row_iter(None).unwrap().map(|row| line(row.unwrap())).collect()
    }

    fn write(report: &mut dyn Report, rows: &[[Value<'_>; 6]]) {
        report.begin(&headings()).unwrap();
        for row in rows {
            report.row(row).unwrap();
        }
        report.finish().unwrap();
    }

    fn written(rows: &[[Value<'_>; 6]]) -> (Vec<u8>, Vec<String>) {
        let (mut parquet, mut ndjson) = (Vec::new(), Vec::new());
        write(&mut Parquet::new(&mut parquet), rows);
        write(&mut Ndjson::new(&mut ndjson), rows);
        (parquet, lines(&ndjson))
    }

    fn numbered(number: i64) -> [Value<'static>; 6] {
        let decimal = Value::Decimal { units: number, decimals: 6 };
        [Value::Word("a"), Value::Integer(number), decimal, Value::Absent, Value::Absent, Value::Absent]
    }

    #[test]
    fn rows_go_out_in_groups_of_a_bounded_size() {
        let rows: Vec<_> = (0..).map(numbered).take(PARQUET_ROWS_MAX + 1).collect();
        let (parquet, ndjson) = written(&rows);
        let reader = reader(&parquet);
        assert_eq!(reader.metadata().num_row_groups(), 2);
        assert!(read(&parquet) == ndjson);
        let long = vec![b'x'; PARQUET_TEXT_MAX / 2];
        let mut parquet = Parquet::new(io::sink());
        parquet.begin(&headings()).unwrap();
        let mut row = numbered(0);
        row[0] = Value::text(Some(&long));
        parquet.row(&row).unwrap();
        assert_eq!(parquet.rows, 1);
        parquet.row(&row).unwrap();
        assert_eq!((parquet.rows, parquet.text_len), (0, 0));
    }

    #[test]
    fn what_was_written_so_far_is_a_table_and_more_may_come() {
        let rows: Vec<_> = (0..7).map(numbered).collect();
        let mut whole = Vec::new();
        let mut parquet = Parquet::new(&mut whole);
        parquet.begin(&headings()).unwrap();
        for end in [0, 3, 3, 7] {
            let groups = parquet.file.as_ref().unwrap().flushed_row_groups();
            let from: i64 = groups.iter().map(RowGroupMetaData::num_rows).sum();
            let from = usize::try_from(from).unwrap();
            for row in &rows[from..end] {
                parquet.row(row).unwrap();
            }
            let footer = parquet.so_far().unwrap();
            let so_far = [parquet.output.as_slice(), &footer].concat();
            assert_eq!(read(&so_far), written(&rows[..end]).1);
        }
        parquet.finish().unwrap();
        assert_eq!(read(&whole), written(&rows).1);
    }

    #[test]
    fn every_table_has_a_schema_and_without_rows_is_a_file() {
        for schema in schemas(true) {
            let mut file = Vec::new();
            let mut parquet = Parquet::new(&mut file);
            parquet.begin(&schema.columns).unwrap();
            parquet.finish().unwrap();
            let reader = reader(&file);
            let fields = reader.metadata().file_metadata().schema_descr().columns().iter().map(|column| column.name());
            assert!(fields.eq(schema.columns.iter().map(|column| column.name)));
        }
    }

    proptest! {
        #[test]
        fn a_table_reads_back_as_its_ndjson(
            rows in prop::collection::vec(
                (
                    prop::option::of(any::<Vec<u8>>()),
                    prop::option::of(any::<i64>()),
                    prop::option::of(any::<i64>()),
                    prop::option::of(any::<bool>()),
                    prop::option::of(any::<i64>()),
                    any::<bool>(),
                ),
                0..20,
            ),
        ) {
            let rows: Vec<_> = rows.iter().map(|(text, integer, decimal, truth, time, doubt)| [
                Value::text(text.as_deref()),
                Value::maybe(*integer),
                decimal.map_or(Value::Absent, |units| Value::Decimal { units, decimals: 6 }),
                truth.map_or(Value::Absent, Value::Boolean),
                Value::time(time.map(Timestamp::from_nanos)),
                Value::Flags(if *doubt { Flag::NoEol.into() } else { Flags::NONE }),
            ]).collect();
            let (parquet, ndjson) = written(&rows);
            prop_assert_eq!(read(&parquet), ndjson);
        }
    }
}
