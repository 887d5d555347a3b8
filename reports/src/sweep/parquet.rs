//! `results.parquet`: the tidy rows by column, strings by dictionary, for DuckDB, Polars and pandas.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::rows::{AFTER, BEFORE, plain, words};
use super::{Plan, Record};

/// Runs per row group: bounds the memory of readers, and of the writer.
const RUNS: usize = 1000;

/// Writes the results.
pub(super) fn write(
    plan: &Plan,
    records: &[Record],
    out: &mut (dyn Write + Send),
) -> Result<(), ParquetError> {
    let properties =
        WriterProperties::builder().set_created_by(format!("plenum {}", plan.tool_version)).build();
    let mut writer = SerializedFileWriter::new(out, schema(plan)?, Arc::new(properties))?;
    for records in records.chunks(RUNS) {
        let mut group = writer.next_row_group()?;
        columns(plan, records, &mut group)?;
        group.close()?;
    }
    writer.close().map(|_| ())
}

fn schema(plan: &Plan) -> Result<TypePtr, ParquetError> {
    let column = |name: &str, physical: Physical, logical: Option<LogicalType>| {
        let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
        column.with_logical_type(logical).build().map(Arc::new)
    };
    let whole = || Some(LogicalType::integer(64, false));
    let mut fields = Vec::new();
    for name in BEFORE {
        fields.push(column(name, Physical::INT64, whole())?);
    }
    for name in plan.grid.keys().map(String::as_str).chain(AFTER[..AFTER.len() - 1].iter().copied()) {
        fields.push(column(name, Physical::BYTE_ARRAY, Some(LogicalType::String))?);
    }
    fields.push(column(AFTER[AFTER.len() - 1], Physical::DOUBLE, None)?);
    Ok(Arc::new(Type::group_type_builder("results").with_fields(fields).build()?))
}

fn columns<W: Write + Send>(
    plan: &Plan,
    records: &[Record],
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<(), ParquetError> {
    // Parquet keeps unsigned numbers in the bits of signed ones.
    let whole: [fn(&Record) -> i64; 2] = [|record| record.run as i64, |record| record.seed as i64];
    for of in whole {
        let values: Vec<i64> =
            records.iter().flat_map(|record| std::iter::repeat_n(of(record), record.values.len())).collect();
        let mut column = next(group)?;
        column.typed::<Int64Type>().write_batch(&values, None, None)?;
        column.close()?;
    }
    for path in 0..plan.grid.len() {
        let text =
            |record: &Record| ByteArray::from(plain(plan.point(plan.run(record.run).0)[path]).into_bytes());
        let values = records.iter().flat_map(|record| std::iter::repeat_n(text(record), record.values.len()));
        strings(group, values.collect())?;
    }
    for word in 0..AFTER.len() - 1 {
        let values = records.iter().flat_map(|record| &record.values);
        strings(group, values.map(|(quantity, _)| ByteArray::from(words(quantity)[word])).collect())?;
    }
    let values: Vec<f64> =
        records.iter().flat_map(|record| &record.values).map(|(_, value)| *value).collect();
    let mut column = next(group)?;
    column.typed::<DoubleType>().write_batch(&values, None, None)?;
    column.close()
}

fn strings<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: Vec<ByteArray>,
) -> Result<(), ParquetError> {
    let mut column = next(group)?;
    column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
    column.close()
}

fn next<'g, W: Write + Send>(
    group: &'g mut SerializedRowGroupWriter<'_, W>,
) -> Result<parquet::file::writer::SerializedColumnWriter<'g>, ParquetError> {
    Ok(group.next_column()?.expect("one column of the schema is written after the other"))
}
